"""A CrewAI crew that asks pages and a folder's CSV files together: `python crewai_crew.py FOLDER "QUESTION" URL …`.

The researcher scrapes the pages into a dataset, the analyst joins it with the files in SQL; no row passes through
either model. Both have their tools from one server. Needs `pip install axoner[crewai]` and OPENAI_API_KEY;
OPENAI_BASE_URL, if set, is used.
"""

import os
import sys

from crewai import LLM, Agent, Crew, Task

from axoner import Bridge
from axoner.crewai import tools


def main(folder: str, question: str, *urls: str) -> None:
    model = LLM(model=os.environ.get("OPENAI_MODEL", "openai/gpt-4o"), base_url=os.environ.get("OPENAI_BASE_URL"))
    with Bridge(root=folder) as bridge:
        offered = {tool.name: tool for tool in tools(bridge)}
        researcher = Agent(
            role="researcher",
            goal="bring what the pages say into one dataset",
            backstory="You scrape all pages with one call, and look at what you got before you tell of it.",
            tools=[offered[name] for name in ("scrape", "crawl", "read_rows")],
            llm=model,
        )
        analyst = Agent(
            role="analyst",
            goal="answer from the data",
            backstory="You look at columns and their types before you join them.",
            tools=[offered[name] for name in ("profile_data", "query_data", "read_rows", "chart")],
            llm=model,
        )
        collect = Task(
            description="\n".join(["Save what these pages say as the dataset `pages`, to answer:", question, *urls]),
            expected_output="the dataset's name, its columns, and which pages are missing for which reason",
            agent=researcher,
        )
        answer = Task(
            description=f"Answer from that dataset and the CSV files in the folder: {question}",
            expected_output="one sentence, with what is missing from it",
            agent=analyst,
            context=[collect],
        )
        result = Crew(agents=[researcher, analyst], tasks=[collect, answer]).kickoff()
    for task in result.tasks_output:
        print(f"{task.agent}: {task.raw}")


if __name__ == "__main__":
    main(*sys.argv[1:])
