"""``axoner.llama_index.tools`` in a FunctionAgent of LlamaIndex."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.workflow import Context
from llama_index.llms.openai_like import OpenAILike

import axoner
from axoner import AsyncBridge
from axoner.llama_index import tools


def agent_of(model, offered, *, streaming=False):
    llm = OpenAILike(
        model="gpt-4o",
        api_base=model.base_url,
        api_key="sk-local",
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
    )
    return FunctionAgent(tools=offered, llm=llm, streaming=streaming)


@pytest.mark.parametrize("streaming", [False, True])
def test_an_agent_works_through_the_bridge_and_the_program_sees_the_fields(suppliers, grader, streaming):
    async def run():
        agent = agent_of(grader, tools(suppliers), streaming=streaming)
        context = Context(agent)
        handler = agent.run("Which supplier is best?", ctx=context)
        seen = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
        return seen, str(await handler), context.to_dict()

    seen, answer, context = asyncio.run(run())
    assert answer == "grade A"
    assert seen[0].raw_output["row_count"] == 5
    assert [output.is_error for output in seen] == [False, True, False, False]
    assert isinstance(seen[1].exception, axoner.InvalidInput)
    assert context, "a workflow's context can be written down"


def test_every_tool_is_offered_with_its_schema(bridge):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    offered = {tool.metadata.name: tool.metadata for tool in tools(bridge)}
    assert offered.keys() == listed.keys()
    for name, metadata in offered.items():
        assert metadata.description == listed[name]["description"]
        function = metadata.to_openai_tool()["function"]
        assert function["parameters"] == listed[name]["inputSchema"]


def test_a_tool_is_called_directly_on_a_thread_and_on_a_loop(bridge):
    by_name = {tool.metadata.name: tool for tool in tools(bridge)}
    for output in (
        by_name["calculate"](expression="6*7"),
        asyncio.run(by_name["calculate"].acall(expression="6*7")),
    ):
        assert (output.raw_output["result"], output.is_error) == ("42", False)
    failed = by_name["calculate"].call(expression="2 +")
    assert (failed.is_error, failed.content[:21]) == (True, "ERROR invalid_input: ")


def test_a_time_limit_is_told_to_the_model(bridge, endless):
    async def run():
        return str(await agent_of(endless, tools(bridge, timeout=1)).run("go"))

    assert "within 1 s" in asyncio.run(run())


def test_cancelling_a_run_stops_the_call_in_the_server(tmp_path, endless):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            handler = agent_of(endless, tools(bridge)).run("go")
            while not bridge._connection._pending:
                await asyncio.sleep(0.01)
            await handler.cancel_run()
            while bridge._connection._pending:
                await asyncio.sleep(0.01)
            return (await bridge.calculate("6*7")).result

    assert asyncio.run(asyncio.wait_for(run(), 60)) == "42"


def test_a_closed_bridge_raises(bridge):
    offered = {tool.metadata.name: tool for tool in tools(bridge)}
    bridge.close()
    with pytest.raises(axoner.BridgeClosed):
        offered["calculate"](expression="1")
