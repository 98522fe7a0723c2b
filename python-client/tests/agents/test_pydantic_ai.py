"""``axoner.pydantic_ai.toolset`` in an agent of Pydantic AI, which needs Python 3.11."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("pydantic_ai")

from pydantic_ai import Agent, UnexpectedModelBehavior
from pydantic_ai.messages import ModelRequest, ToolReturnPart
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

import axoner
from axoner import AsyncBridge
from axoner.pydantic_ai import toolset


def agent_of(model, bridge, **options):
    provider = OpenAIProvider(base_url=model.base_url, api_key="sk-local")
    return Agent(OpenAIChatModel("gpt-4o", provider=provider), toolsets=[toolset(bridge, **options)])


def returns_of(result):
    requests = [message for message in result.all_messages() if isinstance(message, ModelRequest)]
    return [part for request in requests for part in request.parts if isinstance(part, ToolReturnPart)]


def test_an_agent_works_through_the_bridge_and_the_program_has_the_results(suppliers, grader):
    result = asyncio.run(agent_of(grader, suppliers).run("Which supplier is best?"))
    assert result.output == "grade A"
    scraped = returns_of(result)[0]
    assert scraped.tool_name == "scrape"
    assert scraped.metadata.row_count == 5


def test_every_tool_is_offered_with_its_schema(bridge):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    offered = toolset(bridge).tools
    assert offered.keys() == listed.keys()
    for name, tool in offered.items():
        assert tool.description == listed[name]["description"]
        assert tool.function_schema.json_schema == listed[name]["inputSchema"]


def test_a_time_limit_is_told_to_the_model(bridge, endless):
    assert "within 1 s" in asyncio.run(agent_of(endless, bridge, timeout=1).run("go")).output


def test_cancelling_a_run_stops_the_call_in_the_server(tmp_path, endless):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            task = asyncio.create_task(agent_of(endless, bridge).run("go"))
            while not bridge._connection._pending:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not bridge._connection._pending
            return (await bridge.calculate("6*7")).result

    assert asyncio.run(run()) == "42"


def test_a_closed_bridge_ends_the_run(bridge, endless):
    agent = agent_of(endless, bridge)
    bridge.close()
    with pytest.raises((axoner.BridgeClosed, UnexpectedModelBehavior)) as caught:
        asyncio.run(agent.run("go"))
    assert "closed" in str(caught.value)
