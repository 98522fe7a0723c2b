"""A LangChain agent whose tools run in axoner's server: `python langchain_agent.py FOLDER "QUESTION"`.

Needs `pip install axoner[langchain] langchain langchain-openai` and OPENAI_API_KEY; OPENAI_BASE_URL, if set, is used.
"""

import asyncio
import os
import sys

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

from axoner import Bridge
from axoner.langchain import tools


async def main(folder: str, question: str) -> None:
    model = ChatOpenAI(model=os.environ.get("OPENAI_MODEL", "gpt-4o"))
    with Bridge(root=folder) as bridge:
        agent = create_agent(model, tools(bridge))
        state = await agent.ainvoke({"messages": [{"role": "user", "content": question}]})
    print(state["messages"][-1].content)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
