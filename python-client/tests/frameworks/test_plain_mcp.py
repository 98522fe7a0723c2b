"""The reference client of the Python SDK, 1.x."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from support.frameworks import SELECT


@asynccontextmanager
async def connect(server: tuple[str, list[str]]) -> AsyncIterator[ClientSession]:
    program, arguments = server
    async with (
        stdio_client(StdioServerParameters(command=program, args=arguments)) as streams,
        ClientSession(*streams) as session,
    ):
        await session.initialize()
        yield session


def test_every_tool_is_listed_with_schemas(server):
    async def run():
        async with connect(server) as session:
            return (await session.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(run())}
    data = {"profile_data", "query_data", "query_database", "read_rows", "export_data", "chart"}
    assert data | {"scrape", "calculate", "rate_supplier"} <= tools.keys()
    for tool in tools.values():
        assert tool.inputSchema["type"] == "object"
        assert tool.outputSchema["required"] == ["status"]
        assert "$ref" not in json.dumps([tool.inputSchema, tool.outputSchema]), f"{tool.name} has a reference"


def test_a_scraped_dataset_is_joined_with_a_csv(server, site):
    seen = []

    async def note(done, total, message):
        seen.append((done, total))

    async def run():
        async with connect(server) as session:
            scraped = await session.call_tool(
                "scrape", {"urls": site.urls(6), "select": SELECT}, progress_callback=note
            )
            dataset = scraped.structuredContent["dataset"]
            joined = f"'orders.csv' join {dataset} using (supplier_id)"
            sql = f"select supplier_id, sum(quantity)::bigint as units from {joined} group by 1 order by 1"
            return scraped, await session.call_tool("query_data", {"sql": sql})

    scraped, joined = asyncio.run(run())
    assert (scraped.structuredContent["ok"], scraped.structuredContent["failed"]) == (6, 0)
    assert seen[-1] == (6, 6)
    assert joined.structuredContent["rows"] == [["S001", 7], ["S002", 5]]
    assert [block.type for block in joined.content] == ["text"]
    assert json.loads(joined.content[0].text) == joined.structuredContent


def test_a_failed_call_says_what_to_do_and_the_next_one_works(server):
    async def run():
        async with connect(server) as session:
            failed = await session.call_tool("query_data", {"sql": "select * from 'no-such.csv'"})
            return failed, await session.call_tool("calculate", {"expression": "6 * 7"})

    failed, worked = asyncio.run(run())
    assert failed.isError
    assert failed.content[0].text.startswith("ERROR not_found: ")
    assert failed.structuredContent["code"] == "not_found"
    assert worked.structuredContent["result"] == "42"
