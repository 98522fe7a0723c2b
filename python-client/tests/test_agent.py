"""Runs of the real agent, whose model follows a script, with functions of this program as its tools."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import axoner
from axoner import AsyncBridge, Bridge

STOCK = {"A-17": 3}


def stock(sku: str) -> int:
    """How many pieces are left."""
    if sku not in STOCK:
        raise axoner.NotFound(f"there is no {sku}; there is {', '.join(STOCK)}")
    return STOCK[sku]


async def stock_later(sku: str) -> dict:
    await asyncio.sleep(0.01)
    return {"left": stock(sku), "thread": threading.current_thread().name}


def wants(*calls, **more):
    return {"tool_calls": [{"name": name, "input": given} for name, given in calls], **more}


@pytest.fixture
def scripted(tmp_path):
    """The options of a bridge whose model says these replies, one after the other."""

    def write(*replies):
        path = tmp_path / "replies.json"
        path.write_text(json.dumps(replies))
        return {"root": tmp_path, "provider": "scripted", "model": str(path)}

    return write


USAGE = {"input_tokens": 900, "output_tokens": 12}


def test_a_run_is_iterated_and_has_a_result(scripted):
    options = scripted(
        wants(("stock", {"sku": "A-17"}), ("calculate", {"expression": "6*7"}), usage=USAGE), "Three left."
    )
    with Bridge(**options) as bridge:
        run = bridge.agent("How many A-17?", tools=[stock], session_id="shop")
        events = list(run)
        result = run.result()
        assert run.result() is result
    assert (result.text, result.exit_reason, result.turns, result.tool_calls) == ("Three left.", "finished", 2, 2)
    assert (result.usage, result.cost_usd, result.session_id) == (USAGE, None, "shop")
    assert events[0].type == "turn_started"
    assert events[-1].type == "run_finished"
    assert "".join(event.text for event in events if event.type == "text") == "Three left."
    finished = {event.name: event for event in events if event.type == "tool_finished"}
    assert json.loads(finished["stock"].text) == {"result": 3}
    assert json.loads(finished["calculate"].text)["result"] == "42"


def test_what_a_run_left_out_of_its_result_is_none(scripted):
    with Bridge(**scripted("Done.")) as bridge:
        result = bridge.agent("go").result()
    assert (result.output, result.error) == (None, None)
    with pytest.raises(AttributeError, match="has no outputs"):
        _ = result.outputs


@pytest.mark.parametrize("timeout", [1e10, float("inf")])
def test_a_limit_of_time_may_be_as_long_as_one_likes(scripted, timeout):
    options = scripted("Done.", "Done.")
    with Bridge(**options) as bridge:
        assert bridge.agent("go", timeout=timeout).result().text == "Done."

    async def run():
        async with AsyncBridge(**options) as bridge:
            return await bridge.agent("go", timeout=timeout)

    assert asyncio.run(run()).text == "Done."


@pytest.mark.parametrize("name", ["timeout", "tool_timeout"])
def test_a_limit_of_time_that_is_no_number_is_refused(scripted, name):
    options = scripted("Done.")
    with Bridge(**options) as bridge, pytest.raises(ValueError, match="not a number"):
        bridge.agent("go", tools=[stock], **{name: float("nan")})

    async def run():
        async with AsyncBridge(**options) as bridge:
            return await bridge.agent("go", tools=[stock], **{name: float("nan")})

    with pytest.raises(ValueError, match="not a number"):
        asyncio.run(run())


def test_what_no_model_can_be_told_is_told_to_be_so(scripted):
    def big() -> str:
        return "x" * 17_000_000

    def odd() -> object:
        class Odd:
            @property
            def model_dump(self):
                raise RuntimeError("cannot be read")

        return Odd()

    with Bridge(**scripted(wants(("big", {}), ("odd", {})), "Done.")) as bridge:
        run = bridge.agent("go", tools=[big, odd], timeout=60)
        told = {event.name: event.text for event in run if event.type == "tool_finished"}
    assert told["big"].startswith("ERROR too_large: big returned ")
    assert told["odd"].startswith("ERROR internal: odd ")


def test_a_loop_does_not_wait_for_a_plain_function_of_a_run_that_was_left(scripted):
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> bool:
        begun.set()
        return go_on.wait(60)

    async def run():
        async with AsyncBridge(**scripted(wants(("slow", {})), "Done.")) as bridge:
            task = asyncio.ensure_future(bridge.agent("go", tools=[slow]).result())
            while not begun.is_set():
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(asyncio.run, run()).result(30)
        finally:
            go_on.set()


def test_an_agent_below_the_run_has_the_functions_too(scripted):
    called = []

    def stock(sku: str) -> int:
        called.append(sku)
        return 3

    replies = wants(("run_agent", {"prompt": "A-17?"})), wants(("stock", {"sku": "A-17"})), "Three.", "It is three."
    with Bridge(**scripted(*replies)) as bridge:
        result = bridge.agent("How many?", tools=[stock]).result()
    assert (result.text, called) == ("It is three.", ["A-17"])


def test_errors_of_a_function_go_back_to_the_model(scripted, caplog):
    def broken(count: int) -> None:
        raise RuntimeError("no warehouse")

    options = scripted(
        wants(("stock", {"sku": "B-1"}), ("stock", {}), ("broken", {"count": 1}), ("broken", {"count": "x"})), "Done."
    )
    with Bridge(**options) as bridge:
        run = bridge.agent("go", tools=[stock, broken])
        told = [event.text for event in run if event.type == "tool_finished"]
        assert run.result().text == "Done."
    assert sorted(told) == [
        "ERROR internal: broken failed with RuntimeError: no warehouse",
        "ERROR invalid_input: broken wants count an integer",
        "ERROR invalid_input: stock wants sku, which is missing",
        "ERROR not_found: there is no B-1; there is A-17",
    ]
    assert "no warehouse" in caplog.text


def test_calls_of_one_reply_run_beside_each_other_in_the_callers_context(scripted):
    user = contextvars.ContextVar("user", default="nobody")
    user.set("ann")
    together = threading.Barrier(3)

    def meet(n: int) -> str:
        together.wait(20)
        return user.get()

    with Bridge(**scripted(wants(*(("meet", {"n": n}) for n in range(3))), "Met.")) as bridge:
        run = bridge.agent("go", tools=[meet])
        told = [json.loads(event.text) for event in run if event.type == "tool_finished"]
    assert told == [{"result": "ann"}] * 3


def test_a_coroutine_function_runs_on_a_thread_or_on_the_loop(scripted):
    replies = (wants(("stock_later", {"sku": "A-17"}), ("stock", {"sku": "A-17"})), "Three.")
    options = scripted(*replies, *replies)

    def told(events):
        return {event.name: json.loads(event.text) for event in events if event.type == "tool_finished"}

    with Bridge(**options) as bridge:
        here = told(bridge.agent("go", tools=[stock_later, stock]))

    async def run():
        async with AsyncBridge(**options) as bridge:
            run = bridge.agent("go", tools=[stock_later, stock])
            events = [event async for event in run]
            result = await run
            again = await bridge.agent("go", tools=[stock_later, stock])
            return told(events), result.text, again.text

    on_loop, text, again = asyncio.run(run())
    assert here["stock"] == on_loop["stock"] == {"result": 3}
    assert here["stock_later"] == {"left": 3, "thread": "axoner-tool"}
    assert on_loop["stock_later"] == {"left": 3, "thread": "MainThread"}
    assert text == again == "Three."


def test_a_function_that_takes_too_long_is_given_up(scripted):
    stopped = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    with Bridge(**scripted(wants(("slow", {})), "Too slow.")) as bridge:
        run = bridge.agent("go", tools=[slow], tool_timeout=0.3)
        (told,) = [event.text for event in run if event.type == "tool_finished"]
        assert told.startswith("ERROR timeout: slow had not finished after 0.3 s")
        assert run.result().text == "Too slow."
    assert stopped.wait(10)


@pytest.mark.parametrize("how", ["cancel", "with", "forget", "close", "timeout"])
def test_a_run_that_is_stopped_stops_its_function_and_keeps_its_session(scripted, how, eventually):
    started, stopped = threading.Event(), threading.Event()

    async def slow() -> None:
        try:
            started.set()
            await asyncio.sleep(60)
        finally:
            stopped.set()

    with Bridge(**scripted(wants(("slow", {})), "Gone on.")) as bridge:
        run = bridge.agent("go", tools=[slow], session_id="stopped", timeout=3 if how == "timeout" else None)
        assert started.wait(20)
        if how == "cancel":
            run.cancel()
            with pytest.raises(axoner.Cancelled):
                run.result()
        elif how == "with":
            with run:
                pass
        elif how == "timeout":
            with pytest.raises(axoner.CallTimeout, match="the agent within 3 s"):
                run.result()
        elif how == "close":
            bridge.close()
            with pytest.raises(axoner.BridgeClosed):
                run.result()
        else:
            del run
            gc.collect()
        if how != "close":
            assert stopped.wait(10)
            assert bridge.calculate("1").result == "1"


def test_cancelling_the_task_of_a_run_stops_it(scripted):
    async def run():
        started, stopped = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            try:
                started.set()
                await asyncio.sleep(60)
            finally:
                stopped.set()

        async with AsyncBridge(**scripted(wants(("slow", {})), "Gone on.")) as bridge:
            task = asyncio.ensure_future(bridge.agent("go", tools=[slow]).result())
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(stopped.wait(), 10)

    asyncio.run(run())


def test_limits_schemas_and_narrowed_tools_reach_the_agent(scripted):
    again = wants(("stock", {"sku": "A-17"}))
    with Bridge(**scripted(again, again, again)) as bridge:
        result = bridge.agent("go", tools=[stock], max_turns=2).result()
        assert (result.exit_reason, result.turns) == ("max_turns", 2)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    with Bridge(**scripted('{"n": 3}')) as bridge:
        assert bridge.agent("go", output_schema=schema).result().output == {"n": 3}
    with Bridge(**scripted(wants(("query_data", {"sql": "select 1"}), ("stock", {"sku": "A-17"})), "No.")) as bridge:
        run = bridge.agent("go", tools=[stock], only=["calculate"])
        told = {event.name: event.ok for event in run if event.type == "tool_finished"}
        assert told == {"query_data": False, "stock": True}


@pytest.mark.parametrize(
    "replies, given, error, text",
    [
        (["x"], {"prompt": " "}, axoner.InvalidInput, "prompt"),
        (["x"], {"prompt": "go", "max_turns": 0}, axoner.InvalidInput, "max_turns"),
        (["x"], {"prompt": "go", "only": ["frobnicate"]}, axoner.InvalidInput, "frobnicate"),
        (["x"], {"prompt": None, "session_id": "nobodys"}, axoner.NotFound, "nobodys"),
        ([{"error": {"message": "no such model"}}], {"prompt": "go"}, axoner.ProviderError, "session .* holds"),
    ],
)
def test_a_run_that_fails_raises_and_says_why(scripted, replies, given, error, text):
    with Bridge(**scripted(*replies)) as bridge, pytest.raises(error, match=text):
        bridge.agent(**given).result()


def test_a_function_named_as_a_tool_is_refused(scripted):
    def scrape(url: str) -> str:
        return url

    with Bridge(**scripted("x")) as bridge, pytest.raises(axoner.InvalidInput, match="two tools are called"):
        bridge.agent("go", tools=[scrape]).result()


def test_without_a_model_the_error_says_how_to_get_one(monkeypatch, tmp_path):
    for service in ("ANTHROPIC", "OPENAI", "GROQ"):
        monkeypatch.delenv(f"{service}_API_KEY", raising=False)
    with Bridge(root=tmp_path) as bridge, pytest.raises(axoner.Unavailable, match="ANTHROPIC_API_KEY"):
        bridge.agent("go").result()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_run_whose_server_is_killed_is_not_repeated_and_goes_on_from_its_session(scripted):
    calls = []

    def count() -> int:
        calls.append(1)
        if len(calls) == 1:
            os.kill(bridge._connection.pid, signal.SIGKILL)
            time.sleep(0.5)
        return len(calls)

    with Bridge(**scripted(wants(("count", {})), "Counted.")) as bridge:
        with pytest.raises(axoner.ServerDied, match="not repeated"):
            bridge.agent("go", tools=[count], session_id="killed").result()
        assert len(calls) == 1
        result = bridge.agent(None, tools=[count], session_id="killed").result()
        assert (result.exit_reason, len(calls)) == ("finished", 2)
