"""Calls that an event loop awaits, against a server that misbehaves."""

from __future__ import annotations

import asyncio
import multiprocessing
import os

import pytest

import axoner

CANCELLED = "notifications/cancelled"


def test_the_loop_goes_on_while_calls_are_awaited(awkward):
    bridge = awkward()

    async def run():
        waiting = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        answers = await asyncio.gather(*(bridge.await_tool("echo", {"n": n, "none": None}) for n in range(100)))
        assert not waiting.done()
        waiting.cancel()
        return [answer.given for answer in answers]

    assert asyncio.run(run()) == [{"n": n} for n in range(100)]


@pytest.mark.parametrize("ends_at_once", [False, True], ids=["the loop goes on", "the loop ends"])
def test_a_cancel_that_comes_while_the_server_starts_stops_the_call(awkward, tmp_path, sent, eventually, ends_at_once):
    bridge = awkward("--log", str(tmp_path / "sent"), "--start-after", "0.5")

    async def run():
        task = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        while not sent():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        if not ends_at_once:
            await bridge.await_tool("echo")

    asyncio.run(run())
    messages = eventually(lambda: sent() if any(message["method"] == CANCELLED for message in sent()) else None)
    call = next(message for message in messages if message["method"] == "tools/call")
    stop = next(message for message in messages if message["method"] == CANCELLED)
    assert stop["params"]["requestId"] == call["id"]


def test_a_failed_call_a_timeout_and_a_dead_server_raise_as_they_do_in_a_thread(awkward):
    bridge = awkward()
    for error, name, given, timeout in (
        (axoner.NotFound, "fail", {"code": "not_found"}, None),
        (axoner.CallTimeout, "wait", {"seconds": 60}, 0.2),
        (axoner.ServerDied, "die", {}, None),
    ):
        with pytest.raises(error):
            asyncio.run(bridge.await_tool(name, given, timeout=timeout))
    assert asyncio.run(bridge.await_tool("echo", {"still": "here"})).given == {"still": "here"}


def test_close_frees_whoever_awaits(awkward):
    bridge = awkward()

    async def run():
        waiting = asyncio.create_task(bridge.await_tool("wait", {"seconds": 60}))
        await bridge.await_tool("echo")
        await asyncio.to_thread(bridge.close)
        with pytest.raises(axoner.BridgeClosed):
            await waiting

    asyncio.run(run())


@pytest.mark.skipif(os.name == "nt", reason="POSIX processes")
def test_a_forked_child_awaits_with_threads_of_its_own(awkward):
    bridge = awkward()
    here = asyncio.run(bridge.await_tool("echo")).pid
    theirs = multiprocessing.get_context("fork").Queue()

    def child():
        theirs.put(asyncio.run(bridge.await_tool("echo")).pid)
        bridge.close()

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    assert theirs.get(timeout=20) != here
    process.join(20)
    assert process.exitcode == 0
