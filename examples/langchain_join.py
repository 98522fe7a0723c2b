"""A LangChain agent that scrapes pages and joins them with a CSV: `python langchain_join.py FOLDER "QUESTION" URL …`.

The pages and the joined rows never pass through the model: it sees their size and the first few, and the program reads
all of them from the last answer. Needs `pip install axoner[langchain,polars] langchain langchain-openai` and
OPENAI_API_KEY; OPENAI_BASE_URL, if set, is used.
"""

import os
import sys

from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI

from axoner import Bridge, TableResult
from axoner.langchain import result_of, tools

INSTRUCTIONS = """Scrape all pages with one call of scrape and save them as a dataset; select what the question needs.
Join the dataset with the folder's CSV files in SQL, save the joined rows as a dataset too, and then answer."""


def main(folder: str, question: str, *urls: str) -> None:
    model = ChatOpenAI(model=os.environ.get("OPENAI_MODEL", "gpt-4o"))
    with Bridge(root=folder) as bridge:
        agent = create_agent(model, tools(bridge), system_prompt=INSTRUCTIONS)
        asked = "\n".join([question, "The pages:", *urls])
        messages = agent.invoke({"messages": [("user", asked)]})["messages"]
    tables = [result_of(each) for each in messages if isinstance(each, ToolMessage) and each.status == "success"]
    joined = [table for table in tables if isinstance(table, TableResult)][-1]
    print(joined.to_polars())
    print(messages[-1].content)


if __name__ == "__main__":
    main(*sys.argv[1:])
