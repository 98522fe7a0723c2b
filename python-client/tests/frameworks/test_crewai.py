"""CrewAI's MCP adapter, which sends null for every optional argument that is left out."""

from __future__ import annotations

import json
import os
import shlex

import pytest
from crewai import LLM, Agent, Crew, Task
from crewai_tools import MCPServerAdapter
from mcp import StdioServerParameters
from support.frameworks import SELECT
from support.model_server import ModelServer, last_result

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the conversation is recorded by a POSIX shell")


@pytest.fixture
def recorded(server, tmp_path):
    """The adapter's tools by name, and what the server was sent."""
    program, arguments = server
    sent = tmp_path / "sent"
    recorder = f"tee {shlex.quote(str(sent))} | {shlex.join([program, *arguments])}"
    with MCPServerAdapter(StdioServerParameters(command="sh", args=["-c", recorder])) as tools:
        yield {tool.name: tool for tool in tools}, lambda: [json.loads(line) for line in sent.read_text().splitlines()]


def test_nulls_for_omitted_optionals_are_taken_as_left_out(recorded, site):
    tools, sent = recorded
    scraped = json.loads(tools["scrape"].run(urls=site.urls(3), select=SELECT))
    queried = json.loads(tools["query_data"].run(sql=f"select count(*) from {scraped['dataset']}"))
    calls = [message["params"] for message in sent() if message["method"] == "tools/call"]
    assert None in calls[0]["arguments"].values(), "the adapter sends nulls no more: this test proves nothing"
    assert scraped["ok"] == 3
    assert queried["rows"] == [[3]]


def test_a_crew_uses_the_tools(recorded, site):
    tools, _ = recorded

    def scrape(_messages):
        return [("scrape", {"urls": site.urls(2), "select": SELECT})]

    def conclude(messages):
        return f"{last_result(messages)['ok']} pages were read"

    with ModelServer([scrape, conclude]) as model:
        llm = LLM(model="openai/gpt-4o", base_url=model.base_url, api_key="sk-local")
        agent = Agent(
            role="reader", goal="read pages", backstory="reads", tools=list(tools.values()), llm=llm, max_iter=3
        )
        task = Task(description="Read the pages.", expected_output="how many were read", agent=agent)
        assert Crew(agents=[agent], tasks=[task]).kickoff().raw == "2 pages were read"
