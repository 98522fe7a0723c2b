"""``axoner.openai_agents.tools`` in an agent of the SDK."""

from __future__ import annotations

import asyncio

import pytest
from agents import Agent, OpenAIChatCompletionsModel, Runner
from agents.tool_context import ToolContext
from openai import AsyncOpenAI

import axoner
from axoner import AsyncBridge
from axoner.openai_agents import tools


def agent_of(model, offered):
    client = AsyncOpenAI(base_url=model.base_url, api_key="sk-local", max_retries=0)
    return Agent(name="analyst", model=OpenAIChatCompletionsModel("gpt-4o", client), tools=offered)


def invoke(tool, arguments: str):
    context = ToolContext(context=None, tool_name=tool.name, tool_call_id="call_1", tool_arguments=arguments)
    return tool.on_invoke_tool(context, arguments)


def test_an_agent_works_through_the_bridge(suppliers, grader):
    result = asyncio.run(Runner.run(agent_of(grader, tools(suppliers)), "Which supplier is best?"))
    assert result.final_output == "grade A"
    assert len(grader.requests) == 5


def test_every_tool_is_offered_with_its_schema(bridge):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    for tool in tools(bridge):
        assert (tool.description, tool.params_json_schema) == (
            listed[tool.name]["description"],
            listed[tool.name]["inputSchema"],
        )
    assert len(listed) == len(tools(bridge))


@pytest.mark.parametrize("arguments", ["{", "[]", '{"expression": "2 +"}', '{"expression": NaN}', "{}"])
def test_wrong_arguments_are_told_to_the_model(bridge, arguments):
    by_name = {tool.name: tool for tool in tools(bridge)}
    assert asyncio.run(invoke(by_name["calculate"], arguments)).startswith("ERROR invalid_input: ")


def test_a_time_limit_is_told_to_the_model(bridge, endless):
    result = asyncio.run(Runner.run(agent_of(endless, tools(bridge, timeout=1)), "go"))
    assert "within 1 s" in result.final_output


def test_cancelling_a_run_stops_the_call_in_the_server(tmp_path, endless):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            task = asyncio.create_task(Runner.run(agent_of(endless, tools(bridge)), "go"))
            while not bridge._connection._pending:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not bridge._connection._pending
            return (await bridge.calculate("6*7")).result

    assert asyncio.run(run()) == "42"


def test_a_closed_bridge_ends_the_run(bridge, endless):
    offered = tools(bridge)
    bridge.close()
    with pytest.raises(axoner.BridgeClosed):
        asyncio.run(invoke({tool.name: tool for tool in offered}["calculate"], '{"expression": "1"}'))
