"""Calls that became jobs of the real server: a program does not notice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time

import pytest
from supplier_site import SupplierSite
from support.frameworks import SELECT

import axoner
from axoner import AsyncBridge, Bridge
from axoner._tools import offered_tools

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX processes")

#: Every call of a heavy tool is answered with a job.
AT_ONCE = {"answer_within": "1ms"}
COUNT = "select count(*)::bigint as n from range({}) where range % 7 = 3"
SHORT, SHORT_ROWS = COUNT.format(10_000_000), [[1_428_571]]
LONG, LONG_ROWS = COUNT.format(300_000_000), [[42_857_143]]
ENDLESS = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"


@pytest.fixture
def hasty(tmp_path):
    with Bridge(root=tmp_path, options=AT_ONCE) as bridge:
        yield bridge


def jobs(folder):
    return [json.loads(path.read_text()) for path in (folder / ".axoner" / "jobs").glob("job_*.json")]


def by_async_bridge(bridge, sql):
    async def run():
        async with AsyncBridge(command=bridge.command) as other:
            return await other.query_data(sql)

    return asyncio.run(run())


def by_tool(bridge, sql):
    (tool,) = (tool for tool in offered_tools(bridge) if tool.name == "query_data")
    return tool.call({"sql": sql})


def by_async_tool(bridge, sql):
    (tool,) = (tool for tool in offered_tools(bridge) if tool.name == "query_data")
    return asyncio.run(tool.call_async({"sql": sql}))


WAYS = {
    "method": lambda bridge, sql: bridge.query_data(sql),
    "future": lambda bridge, sql: bridge.submit("query_data", {"sql": sql}).result(60),
    "AsyncBridge": by_async_bridge,
    "tool of a framework": by_tool,
    "tool of a framework, awaited": by_async_tool,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_call_that_became_a_job_gives_its_result(hasty, tmp_path, way):
    result = WAYS[way](hasty, SHORT)
    assert (type(result).__name__, result.status, result.rows) == ("QueryDataResult", "done", SHORT_ROWS)
    assert json.loads(result.model_text)["rows"] == SHORT_ROWS, "a model would be told of a job"
    assert [job["tool"] for job in jobs(tmp_path)] == ["query_data"], "it was no job"


def test_an_error_of_a_job_is_that_of_the_call(hasty, tmp_path):
    with pytest.raises(axoner.Unreadable, match="is no INTEGER"):
        hasty.query_data(f"select ('x' || ({SHORT}))::integer as n")
    assert len(jobs(tmp_path)) == 1


def test_progress_of_a_job_is_told(tmp_path):
    seen = []
    with SupplierSite() as site, Bridge(root=tmp_path, options=AT_ONCE, allow_private=site.address) as bridge:
        pages = bridge.scrape(site.urls(20), select=SELECT, progress=lambda *update: seen.append(update[:2]))
    assert pages.ok + pages.failed == 20
    assert [job["tool"] for job in jobs(tmp_path)] == ["scrape"]
    assert seen and seen[-1][1] == 20 and seen == sorted(seen)


def test_giving_up_on_a_job_stops_its_work(hasty, tmp_path, eventually):
    with pytest.raises(axoner.CallTimeout):
        hasty.query_data(ENDLESS, timeout=1)
    eventually(lambda: [job.get("interrupted") for job in jobs(tmp_path)] == ["query_data was cancelled"])


@pytest.mark.parametrize("shared", ["off", pytest.param("on", marks=posix)])
def test_giving_up_on_a_call_that_just_becomes_a_job_stops_its_work(tmp_path, eventually, monkeypatch, shared):
    """The answer that names the job is on its way: nobody knows its id, or the client alone."""
    monkeypatch.setenv("HOME", str(tmp_path))  # an engine of its own

    async def give_up(bridge, round):
        task = asyncio.create_task(bridge.await_tool("query_data", {"sql": ENDLESS}))
        while len(jobs(tmp_path)) < round:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    rounds = 5
    with Bridge(root=tmp_path, options={**AT_ONCE, "shared_engine": shared, "engine_idle": "1s"}) as bridge:
        for round in range(1, rounds + 1):
            asyncio.run(give_up(bridge, round))
        eventually(lambda: [job.get("interrupted") for job in jobs(tmp_path)] == ["query_data was cancelled"] * rounds)


def test_a_job_that_somebody_else_cancels_is_a_cancelled_call(hasty, tmp_path, eventually):
    call = hasty.submit("query_data", {"sql": ENDLESS})
    (job,) = eventually(lambda: jobs(tmp_path))
    hasty.job(job["id"], action="cancel")
    with pytest.raises(axoner.Cancelled, match="query_data was cancelled"):
        call.result(30)


def test_a_program_can_look_at_a_job_without_waiting_for_it(hasty, tmp_path, eventually):
    call = hasty.submit("query_data", {"sql": ENDLESS})
    (job,) = eventually(lambda: jobs(tmp_path))
    for given in ({"action": "read"}, {"wait_s": 0.1}):
        state = hasty.job(job["id"], timeout=20, **given)
        assert (state.status, state.job_id) == ("running", job["id"])
    call.cancel()


@posix
def test_a_job_of_a_server_that_died_is_begun_again(hasty, tmp_path, eventually):
    call = hasty.submit("query_data", {"sql": LONG})
    eventually(lambda: jobs(tmp_path))
    os.kill(hasty._connection.pid, signal.SIGKILL)
    assert call.result(60).rows == LONG_ROWS
    assert len(jobs(tmp_path)) == 2


@posix
def test_a_job_of_a_shared_engine_outlives_its_server(tmp_path, eventually, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # an engine of its own
    with Bridge(root=tmp_path, options={**AT_ONCE, "shared_engine": "on", "engine_idle": "1s"}) as bridge:
        call = bridge.submit("query_data", {"sql": LONG})
        eventually(lambda: jobs(tmp_path))
        time.sleep(0.2)
        os.kill(bridge._connection.pid, signal.SIGKILL)
        assert call.result(60).rows == LONG_ROWS
        assert len(jobs(tmp_path)) == 1, "it was begun again"
