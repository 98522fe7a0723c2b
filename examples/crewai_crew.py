"""A CrewAI crew of one whose tools run in axoner's server: `python crewai_crew.py FOLDER "QUESTION"`.

Needs `pip install axoner 'crewai-tools[mcp]'` and OPENAI_API_KEY; OPENAI_BASE_URL, if set, is used.
"""

import os
import sys

from crewai import LLM, Agent, Crew, Task
from crewai_tools import MCPServerAdapter
from mcp import StdioServerParameters

from axoner import Bridge


def main(folder: str, question: str) -> None:
    command, *arguments = Bridge(root=folder).command
    server = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
    model = LLM(model=os.environ.get("OPENAI_MODEL", "openai/gpt-4o"), base_url=os.environ.get("OPENAI_BASE_URL"))
    with MCPServerAdapter(server) as tools:
        analyst = Agent(
            role="analyst", goal="answer from the data", backstory="You look before you answer.", tools=tools, llm=model
        )
        task = Task(description=question, expected_output="one sentence", agent=analyst)
        print(Crew(agents=[analyst], tasks=[task]).kickoff().raw)


if __name__ == "__main__":
    main(*sys.argv[1:])
