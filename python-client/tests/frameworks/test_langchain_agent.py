"""A LangChain agent that scrapes, queries what it scraped, and asks a plugin's tool; its model reads the results."""

from __future__ import annotations

import asyncio

import pytest
from langchain.agents import create_agent
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from support.frameworks import SELECT
from support.model_server import ModelServer, last_result

from axoner import Bridge
from axoner.langchain import result_of
from axoner.langchain import tools as bridge_tools

QUESTION = {"messages": [{"role": "user", "content": "Which supplier is best, and how good is it?"}]}


@pytest.fixture
def model(site):
    def scrape(_messages):
        return [("scrape", {"urls": site.urls(5), "select": SELECT})]

    def query_the_dataset(messages):
        dataset = last_result(messages)["dataset"]
        best = "order by rating desc, supplier_id limit 1"
        sql = f"select supplier_id, lead_days::integer, rating::double from {dataset} {best}"
        return [("query_data", {"sql": sql})]

    def grade_the_first_row(messages):
        _supplier, lead_days, rating = last_result(messages)["rows"][0]
        return [("rate_supplier", {"lead_days": lead_days, "rating": rating})]

    def conclude(messages):
        return f"grade {last_result(messages)['grade']}"

    with ModelServer([scrape, query_the_dataset, grade_the_first_row, conclude]) as server:
        yield server


def agent_of(model: ModelServer, tools: list, **more):
    return create_agent(ChatOpenAI(model="gpt-4o", base_url=model.base_url, max_retries=0), tools, **more)


def check(state: dict, model: ModelServer) -> None:
    assert state["messages"][-1].content == "grade A"
    assert [message.name for message in state["messages"] if message.type == "tool"] == [
        "scrape",
        "query_data",
        "rate_supplier",
    ]
    assert len(model.requests) == 4


def test_the_agent_works_through_the_bridge(model, options):
    with Bridge(**options) as bridge:
        state = agent_of(model, bridge_tools(bridge)).invoke(QUESTION)
    check(state, model)
    assert state["messages"][2].artifact["row_count"] == 5


def test_the_agent_works_through_the_bridge_asynchronously(model, options):
    with Bridge(**options) as bridge:
        state = asyncio.run(agent_of(model, bridge_tools(bridge)).ainvoke(QUESTION))
    check(state, model)


def test_the_agent_works_with_a_checkpointer_that_keeps_the_results(model, options):
    config = {"configurable": {"thread_id": "shop"}}
    with Bridge(**options) as bridge:
        agent = agent_of(model, bridge_tools(bridge), checkpointer=InMemorySaver())
        check(agent.invoke(QUESTION, config), model)
        kept = agent.get_state(config).values["messages"]
    assert result_of(kept[2]).to_polars().height == 5


def test_the_agent_works_through_langchain_mcp_adapters(model, server):
    async def run():
        program, arguments = server
        client = MultiServerMCPClient({"axoner": {"transport": "stdio", "command": program, "args": arguments}})
        async with client.session("axoner") as session:
            return await agent_of(model, await load_mcp_tools(session)).ainvoke(QUESTION)

    check(asyncio.run(run()), model)


def test_the_agent_goes_on_after_a_tool_that_failed(options):
    def read_the_error(messages):
        return messages[-1]["content"]

    with (
        ModelServer([lambda _: [("query_data", {"sql": "select * from 'gone.csv'"})], read_the_error]) as model,
        Bridge(**options) as bridge,
    ):
        state = agent_of(model, bridge_tools(bridge)).invoke(QUESTION)
    assert state["messages"][-1].content.startswith("ERROR not_found: ")
    assert state["messages"][-2].status == "error"
