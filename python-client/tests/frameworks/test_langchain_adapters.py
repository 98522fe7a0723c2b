"""langchain-mcp-adapters: one session for all calls, and its default of a new process for each."""

from __future__ import annotations

import asyncio

import pytest
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from support.frameworks import SELECT, as_call, result_of


@pytest.fixture
def client(server) -> MultiServerMCPClient:
    program, arguments = server
    return MultiServerMCPClient({"axoner": {"transport": "stdio", "command": program, "args": arguments}})


async def scrape_then_query(tools, site):
    by_name = {tool.name: tool for tool in tools}
    scraped = result_of(await by_name["scrape"].ainvoke(as_call("scrape", {"urls": site.urls(3), "select": SELECT})))
    sql = f"select supplier_id from {scraped['dataset']} order by 1"
    return result_of(await by_name["query_data"].ainvoke(as_call("query_data", {"sql": sql})))["rows"]


def test_one_session_serves_every_call(client, site):
    async def run():
        async with client.session("axoner") as session:
            return await scrape_then_query(await load_mcp_tools(session), site)

    assert asyncio.run(run()) == [["S001"], ["S002"], ["S003"]]


def test_a_dataset_outlives_the_process_of_the_call_that_made_it(client, site):
    async def run():
        return await scrape_then_query(await client.get_tools(), site)

    assert asyncio.run(run()) == [["S001"], ["S002"], ["S003"]]


def test_a_failed_call_reaches_the_model_with_its_code(client):
    async def run():
        tools = {tool.name: tool for tool in await client.get_tools()}
        return await tools["calculate"].ainvoke(as_call("calculate", {"expression": "2 +"}))

    message = asyncio.run(run())
    assert message.status == "error"
    assert "ERROR invalid_input" in str(message.content)
