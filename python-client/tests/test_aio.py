"""Calls on event loops and as futures, against a server that misbehaves."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading

import pytest
from support import AWKWARD
from test_connection import child_env

import axoner
from axoner import AsyncBridge

CANCELLED = "notifications/cancelled"


@pytest.fixture
def awkward_async(awkward):
    """As ``awkward``, for event loops."""
    return lambda *flags, **options: AsyncBridge(command=awkward(*flags).command, **options)


def methods(messages):
    return [message.get("method") for message in messages]


def test_the_loop_goes_on_while_calls_are_awaited(awkward_async):
    async def run():
        async with awkward_async() as bridge:
            waiting = asyncio.create_task(bridge.call_tool("wait", {"seconds": 60}))
            calls = (bridge.call_tool("echo", {"n": n, "none": None}) for n in range(100))
            answers = await asyncio.gather(*calls)
            assert not waiting.done()
            waiting.cancel()
            return [answer.given for answer in answers]

    assert asyncio.run(run()) == [{"n": n} for n in range(100)]


def test_a_thousand_calls_of_a_loop_each_get_their_own_answer(awkward_async):
    async def run():
        async with awkward_async() as bridge:
            return await asyncio.gather(*(bridge.call_tool("echo", {"n": n}) for n in range(1000)))

    assert [answer.given["n"] for answer in asyncio.run(run())] == list(range(1000))


def test_loops_of_several_threads_share_a_bridge(awkward_async):
    bridge = awkward_async()
    seen = {}

    def loop(start):
        async def run():
            answers = await asyncio.gather(*(bridge.call_tool("echo", {"n": start + n}) for n in range(50)))
            seen[start] = [answer.given["n"] - start for answer in answers], {answer.pid for answer in answers}

        asyncio.run(run())

    threads = [threading.Thread(target=loop, args=(start,)) for start in (0, 1000, 2000, 3000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [seen[start][0] for start in (0, 1000, 2000, 3000)] == [list(range(50))] * 4
    assert len(set.union(*(pids for _, pids in seen.values()))) == 1
    asyncio.run(bridge.close())


@pytest.mark.parametrize("kind", ["task", "future"])
def test_cancelling_a_call_stops_the_tool(awkward, tmp_path, sent, eventually, kind):
    bridge = awkward("--log", str(tmp_path / "sent"))

    async def run():
        task = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        while "tools/call" not in methods(sent()):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    if kind == "task":
        asyncio.run(run())
    else:
        future = bridge.submit("wait", {"seconds": 60})
        eventually(lambda: "tools/call" in methods(sent()))
        assert future.cancel()
    eventually(lambda: CANCELLED in methods(sent()))
    call = next(message for message in sent() if message["method"] == "tools/call")
    stop = next(message for message in sent() if message["method"] == CANCELLED)
    assert stop["params"]["requestId"] == call["id"]


def test_a_cancel_that_comes_while_the_server_starts_sends_no_call(awkward, tmp_path, sent):
    bridge = awkward("--log", str(tmp_path / "sent"), "--start-after", "0.3")

    async def run():
        task = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        while not sent():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await bridge.await_tool("echo")

    asyncio.run(run())
    calls = [message["params"]["name"] for message in sent() if message["method"] == "tools/call"]
    assert calls == ["echo"]


def test_failed_calls_raise_as_they_do_in_a_thread(awkward):
    bridge = awkward()
    for error, name, given, timeout in (
        (axoner.NotFound, "fail", {"code": "not_found"}, None),
        (axoner.CallTimeout, "wait", {"seconds": 60}, 0.2),
        (axoner.ServerDied, "die", {}, None),
    ):
        with pytest.raises(error):
            asyncio.run(bridge.await_tool(name, given, timeout=timeout)._started())
        with pytest.raises(error):
            bridge.submit(name, given, timeout=timeout).result(20)
    assert bridge.submit("echo", {"still": "here"}).result(20).given == {"still": "here"}


def test_close_frees_whoever_awaits(awkward):
    bridge = awkward()

    async def run():
        waiting = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        await bridge.await_tool("echo")
        await asyncio.to_thread(bridge.close)
        with pytest.raises(axoner.BridgeClosed):
            await waiting
        with pytest.raises(axoner.BridgeClosed):
            await bridge.await_tool("echo")

    asyncio.run(run())


def test_progress_is_iterated_and_the_answer_awaited_after_it(awkward_async):
    async def run():
        async with awkward_async() as bridge:
            call = bridge.call_tool("count", {"to": 3})
            updates = [update async for update in call]
            return updates, (await call).token_sent

    updates, token_sent = asyncio.run(run())
    assert (updates, token_sent) == ([(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")], True)
    assert updates[-1].message == "step 3"


def test_an_error_after_progress_comes_where_the_call_is_awaited(awkward_async):
    async def run():
        async with awkward_async() as bridge:
            call = bridge.call_tool("fail", {"code": "not_found"})
            assert [update async for update in call] == []
            with pytest.raises(axoner.NotFound):
                await call

    asyncio.run(run())


def test_cancelling_a_task_that_iterates_progress_stops_the_tool(awkward_async, tmp_path, sent, eventually):
    async def run():
        async with awkward_async("--log", str(tmp_path / "sent")) as bridge:

            async def follow():
                async for _update in bridge.call_tool("wait", {"seconds": 60}):
                    told.set()

            told = asyncio.Event()
            task = asyncio.create_task(follow())
            await told.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await bridge.call_tool("echo")

    asyncio.run(run())
    assert CANCELLED in methods(sent())


def test_an_answer_that_comes_after_its_loop_has_ended_harms_nothing():
    script = f"""
import asyncio
from axoner import Bridge
with Bridge(command={AWKWARD!r}) as bridge:
    loop = asyncio.new_event_loop()
    task = loop.create_task(bridge.await_tool("wait", {{"seconds": 0.3}}))
    loop.run_until_complete(bridge.await_tool("echo")._started())
    loop.close()
    print(bridge.call_tool("wait", {{"seconds": 0.6}}).waited, task.done())
"""  # what asyncio itself says of the forgotten task goes to stderr
    done = subprocess.run([sys.executable, "-c", script], env=child_env(), capture_output=True, text=True, timeout=30)
    assert done.stdout == "0.6 False\n", done.stderr


def test_progress_goes_to_a_callback_too(awkward_async):
    seen = []

    async def run():
        async with awkward_async() as bridge:
            await bridge.call_tool("count", {"to": 2}, progress=lambda *update: seen.append(update))

    asyncio.run(run())
    assert seen == [(1, 2, "step 1"), (2, 2, "step 2")]


def test_every_tool_is_a_method_and_the_real_server_answers(tmp_path):
    async def run():
        async with AsyncBridge(root=tmp_path) as bridge:
            results = await asyncio.gather(*(bridge.calculate(f"{n}^2") for n in range(20)))
            table = await bridge.query_data("select 42 as answer")
            names = {tool["name"] for tool in await bridge.list_tools()}
            return [result.result for result in results], table.to_polars().rows(), names

    squares, rows, names = asyncio.run(run())
    assert squares == [str(n * n) for n in range(20)]
    assert rows == [(42,)]
    assert {"scrape", "query_data"} <= names


@pytest.mark.skipif(os.name == "nt", reason="POSIX processes")
def test_a_forked_child_awaits_with_a_server_of_its_own(awkward):
    bridge = awkward()
    here = bridge.submit("echo").result(20).pid
    theirs = multiprocessing.get_context("fork").Queue()

    def child():
        theirs.put((asyncio.run(bridge.await_tool("echo")._started()).pid, bridge.submit("echo").result(20).pid))
        bridge.close()

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    first, second = theirs.get(timeout=20)
    assert first == second != here
    process.join(20)
    assert process.exitcode == 0
