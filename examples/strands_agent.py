"""A Strands agent whose tools run in axoner's server: `python strands_agent.py FOLDER "QUESTION"`.

Needs `pip install axoner[strands] 'strands-agents[openai]'` and OPENAI_API_KEY; OPENAI_BASE_URL, if set, is used.
"""

import os
import sys

from strands import Agent
from strands.models.openai import OpenAIModel

from axoner import Bridge
from axoner.strands import tools


def main(folder: str, question: str) -> None:
    model = OpenAIModel(model_id=os.environ.get("OPENAI_MODEL", "gpt-4o"))
    with Bridge(root=folder) as bridge:
        agent = Agent(model=model, tools=tools(bridge), callback_handler=None)
        print(agent(question))


if __name__ == "__main__":
    main(*sys.argv[1:])
