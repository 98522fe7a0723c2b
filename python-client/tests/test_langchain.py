"""``axoner.langchain.tools`` as an agent calls them."""

from __future__ import annotations

import asyncio
import json
import re
import threading

import pytest
from langchain_core.messages import messages_from_dict, messages_to_dict
from langchain_core.utils.function_calling import convert_to_openai_tool
from support.frameworks import as_call

import axoner
from axoner import AsyncBridge, Bridge, TableResult
from axoner.langchain import result_of, tools


@pytest.fixture
def by_name(bridge):
    return {tool.name: tool for tool in tools(bridge)}


def test_every_tool_is_offered_with_its_description_and_schema(bridge, by_name):
    listed = {tool["name"]: tool for tool in bridge.list_tools() if tool["name"] != "job"}
    assert by_name.keys() == listed.keys()
    assert by_name["query_data"].description == listed["query_data"]["description"]
    for name, tool in by_name.items():
        assert tool.args_schema.model_json_schema() == listed[name]["inputSchema"]
        assert convert_to_openai_tool(tool)["function"]["parameters"]["properties"].keys() == tool.args.keys()


def test_jobs_are_offered_where_a_call_may_be_answered_with_one(tmp_path, by_name):
    assert "job" not in by_name
    with Bridge(root=tmp_path, options={"answer_within": "5s"}) as waiting:
        assert "job" in {tool.name for tool in tools(waiting)}


def test_the_content_is_for_the_model_and_the_artifact_for_the_program(by_name):
    message = by_name["calculate"].invoke(as_call("calculate", {"expression": "6 * 7"}))
    assert message.status == "success"
    assert '"42"' in message.content
    assert message.artifact["result"] == "42"


def test_a_message_that_was_written_down_still_gives_its_result(by_name):
    message = by_name["query_data"].invoke(as_call("query_data", {"sql": "select 42 as answer"}))
    (kept,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
    for each in (message, kept):
        result = result_of(each)
        assert (type(result).__name__, result.rows, result.model_text) == ("QueryDataResult", [[42]], message.content)
        assert isinstance(result, TableResult) and result.to_polars().rows() == [(42,)]


def test_a_message_without_a_result_says_what_it_holds(by_name):
    message = by_name["calculate"].invoke(as_call("calculate", {"expression": "2 +"}))
    with pytest.raises(ValueError, match="calculate holds no result of axoner: ERROR invalid_input"):
        result_of(message)


def test_a_failed_tool_answers_with_an_error_message(by_name):
    for message in (
        by_name["calculate"].invoke(as_call("calculate", {"expression": "2 +"})),
        asyncio.run(by_name["calculate"].ainvoke(as_call("calculate", {"expression": "2 +"}))),
    ):
        assert message.status == "error"
        assert message.content.startswith("ERROR invalid_input: ")


def test_missing_arguments_are_told_to_the_model_and_null_is_one_that_is_left_out(by_name):
    message = by_name["query_data"].invoke(as_call("query_data", {}))
    assert (message.status, message.content) == ("error", "ERROR invalid_input: sql: Field required")
    message = by_name["query_data"].invoke(as_call("query_data", {"sql": "select 42", "limit": None, "save_as": None}))
    assert message.artifact["rows"] == [[42]]
    message = by_name["query_data"].invoke(as_call("query_data", {"sql": "select 42", "colour": "red"}))
    assert message.content.startswith("ERROR invalid_input: ") and "colour" in message.content


@pytest.mark.parametrize("sent", [{"offset": float("nan")}, {"limit": float("inf")}])
def test_a_number_that_json_does_not_have_is_told_to_the_model(by_name, sent):
    call = as_call("query_data", {"sql": "select 1", **sent})
    messages = [by_name["query_data"].invoke(call), asyncio.run(by_name["query_data"].ainvoke(call))]
    assert [message.status for message in messages] == ["error", "error"]
    assert all(re.match("ERROR invalid_input: (offset|limit) is (nan|inf)", message.content) for message in messages)


def test_the_tools_of_an_async_bridge_are_the_same(tmp_path):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            by_name = {tool.name: tool for tool in tools(bridge)}
            return await by_name["calculate"].ainvoke(as_call("calculate", {"expression": "6 * 7"}))

    assert asyncio.run(run()).artifact["result"] == "42"


def test_calls_of_one_turn_run_beside_each_other(by_name):
    async def turn():
        calls = (
            by_name["calculate"].ainvoke(as_call("calculate", {"expression": f"{number} + 1"})) for number in range(20)
        )
        return [message.artifact["result"] for message in await asyncio.gather(*calls)]

    assert asyncio.run(turn()) == [str(number + 1) for number in range(20)]


def test_cancelling_a_run_stops_the_call_in_the_server(bridge, by_name, eventually):
    async def run():
        sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
        task = asyncio.create_task(by_name["query_data"].ainvoke(as_call("query_data", {"sql": sql})))
        while not bridge._connection._pending:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert not bridge._connection._pending
    assert bridge.calculate("1").result == "1"


def test_closing_the_bridge_ends_its_threads(bridge, by_name, eventually):
    asyncio.run(by_name["calculate"].ainvoke(as_call("calculate", {"expression": "1"})))
    bridge.close()
    theirs = ("axoner-read", "axoner-write", "axoner-stderr", "axoner-start")
    eventually(lambda: not [thread.name for thread in threading.enumerate() if thread.name in theirs])


def test_a_time_limit_is_told_to_the_model(bridge):
    slow = {tool.name: tool for tool in tools(bridge, timeout=1)}["query_data"]
    sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    message = slow.invoke(as_call("query_data", {"sql": sql}))
    assert message.status == "error"
    assert re.match("ERROR timeout: .* within 1 s", message.content)


def test_a_closed_bridge_ends_the_run(bridge, by_name):
    bridge.close()
    with pytest.raises(axoner.BridgeClosed):
        by_name["calculate"].invoke(as_call("calculate", {"expression": "1"}))
    with pytest.raises(axoner.BridgeClosed):
        asyncio.run(by_name["calculate"].ainvoke(as_call("calculate", {"expression": "1"})))
