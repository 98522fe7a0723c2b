"""``axoner.strands.tools`` in an agent of Strands."""

from __future__ import annotations

import asyncio
import threading

import pytest
from strands import Agent
from strands.hooks import AfterToolCallEvent
from strands.models.openai import OpenAIModel

from axoner import AsyncBridge
from axoner.strands import tools


def agent_of(model, offered):
    client = {"base_url": model.base_url, "api_key": "sk-local", "max_retries": 0}
    return Agent(model=OpenAIModel(client_args=client, model_id="gpt-4o"), tools=offered, callback_handler=None)


def call(agent, name, **arguments):
    return getattr(agent.tool, name)(**arguments)


def test_an_agent_works_through_the_bridge_and_hooks_see_the_fields(suppliers, grader):
    seen = []
    agent = agent_of(grader, tools(suppliers))
    agent.hooks.add_callback(AfterToolCallEvent, lambda event: seen.append(event.result))
    assert str(agent("Which supplier is best?")).strip() == "grade A"
    assert seen[0]["structuredContent"]["row_count"] == 5
    assert [result["status"] for result in seen] == ["success", "error", "success", "success"]


def test_every_tool_is_offered_with_its_schema(bridge):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    specs = {tool.tool_name: tool.tool_spec for tool in tools(bridge)}
    assert specs.keys() == listed.keys()
    for name, spec in specs.items():
        assert spec["description"] == listed[name]["description"]
        assert spec["inputSchema"] == {"json": listed[name]["inputSchema"]}
        assert spec["annotations"] == listed[name]["annotations"]


def test_a_tool_is_called_directly(bridge, endless):
    agent = agent_of(endless, tools(bridge))
    assert '"42"' in call(agent, "calculate", expression="6*7")["content"][0]["text"]
    failed = call(agent, "calculate", expression="2 +")
    assert (failed["status"], failed["content"][0]["text"][:21]) == ("error", "ERROR invalid_input: ")


def test_a_time_limit_is_told_to_the_model(bridge, endless):
    assert "within 1 s" in str(agent_of(endless, tools(bridge, timeout=1))("go"))


def test_cancelling_the_agent_stops_the_call_in_the_server(bridge, endless, eventually):
    agent = agent_of(endless, tools(bridge))
    results = []
    run = threading.Thread(target=lambda: results.append(agent("go")))
    run.start()
    eventually(lambda: bridge._connection and bridge._connection._pending)
    agent.cancel()
    run.join(20)
    assert results[0].stop_reason == "cancelled"
    assert not bridge._connection._pending
    assert bridge.calculate("6*7").result == "42"


def test_cancelling_a_task_stops_the_call_in_the_server(tmp_path, endless):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            task = asyncio.create_task(agent_of(endless, tools(bridge)).invoke_async("go"))
            while not bridge._connection._pending:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while bridge._connection._pending:
                await asyncio.sleep(0.01)
            return (await bridge.calculate("6*7")).result

    assert asyncio.run(asyncio.wait_for(run(), 60)) == "42"


def test_a_closed_bridge_is_an_error_of_the_tool(bridge, endless):
    agent = agent_of(endless, tools(bridge))
    bridge.close()
    assert "closed" in call(agent, "calculate", expression="1")["content"][0]["text"]
