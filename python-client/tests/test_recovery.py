"""Crashed servers, long jobs, shared and pickled bridges."""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import AWKWARD, REPOSITORY
from test_connection import child_env, is_alive, server_pid

import axoner
from axoner import Bridge

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX processes")


def ask(bridge: Bridge, how: str, name: str, given: dict):
    if how == "thread":
        return bridge.call_tool(name, given)
    return bridge.submit(name, given).result(30)


@pytest.mark.parametrize("how", ["thread", "future"])
def test_a_call_that_only_reads_is_asked_again_after_a_crash(awkward, tmp_path, how):
    bridge = awkward()
    first = server_pid(bridge)
    answer = ask(bridge, how, "flaky", {"marker": str(tmp_path / "marker")})
    assert answer.pid == server_pid(bridge) != first


def test_what_is_asked_again_is_the_same_for_a_generator_too(awkward, tmp_path, sent):
    bridge = awkward("--log", str(tmp_path / "sent"))
    bridge.call_tool("flaky", {"marker": str(tmp_path / "marker"), "many": (n for n in (1, 2))})
    calls = [message["params"]["arguments"]["many"] for message in sent() if message["method"] == "tools/call"]
    assert calls == [[1, 2], [1, 2]]


@posix
@pytest.mark.parametrize("within", ["0", "500ms"])
def test_a_query_is_asked_again_after_a_crash_of_the_shared_engine(tmp_path, monkeypatch, eventually, within):
    monkeypatch.setenv("AXONER_SHARED_ENGINE", "auto")
    monkeypatch.setenv("HOME", str(tmp_path))  # which names the folder of the engines
    sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    with Bridge(root=tmp_path, options={"answer_within": within}) as bridge:
        bridge.query_data("select 1")
        (first,) = engines(bridge)
        waiting = bridge.submit("query_data", {"sql": sql})
        try:
            eventually(lambda: [each for each in engines(bridge) if each["calls"] > 0])
            time.sleep(1)  # the job is answered with, where there is one
            os.kill(first["pid"], signal.SIGKILL)

            def of_another():
                return [each for each in engines(bridge) if each["calls"] > 0 and each["pid"] != first["pid"]]

            eventually(lambda: of_another() or waiting.done(), 30)
            assert not waiting.done(), waiting.exception()
        finally:
            waiting.cancel()
            engine_command(bridge, "stop")


def engines(bridge: Bridge) -> list[dict]:
    return json.loads(engine_command(bridge, "status"))["engines"]


def engine_command(bridge: Bridge, name: str) -> str:
    command = [bridge.command[0], str(REPOSITORY / "dist/cli.js"), "engine", name, "--json"]
    return subprocess.run(command, env=child_env(), capture_output=True, text=True, timeout=60).stdout


@pytest.mark.parametrize("how", ["thread", "future"])
def test_a_call_that_may_change_things_is_not_repeated(awkward, tmp_path, sent, how):
    bridge = awkward("--log", str(tmp_path / "sent"))
    with pytest.raises(axoner.ServerDied, match="not repeated: it may have done part"):
        ask(bridge, how, "die", {})
    assert [message["method"] for message in sent()].count("tools/call") == 1


def test_a_call_that_kills_every_server_is_given_up_after_the_second(awkward, tmp_path, sent):
    bridge = awkward("--log", str(tmp_path / "sent"))
    with pytest.raises(axoner.ServerDied):
        bridge.call_tool("flaky", timeout=20)
    assert [message["method"] for message in sent()].count("tools/call") == 2


@pytest.mark.parametrize("how", ["thread", "future"])
def test_a_job_is_waited_for(awkward, how):
    bridge = awkward()
    answer = ask(bridge, how, "slow_start", {"job_id": f"short-{how}"})
    assert (answer.status, answer.answer) == ("done", 42)


def test_progress_goes_on_while_a_job_is_waited_for(awkward):
    seen = []
    awkward().call_tool("slow_start", {"job_id": "told"}, progress=lambda *update: seen.append(update[:2]))
    assert seen == [(1, 2), (2, 2)]


def test_a_job_that_is_not_waited_for_any_longer_is_cancelled(awkward, tmp_path, sent, eventually):
    bridge = awkward("--log", str(tmp_path / "sent"))
    server_pid(bridge)
    with pytest.raises(axoner.CallTimeout):
        bridge.call_tool("slow_start", {"job_id": "forever"}, timeout=0.5)

    def cancels():
        calls = [message["params"].get("arguments", {}) for message in sent() if message["method"] == "tools/call"]
        return [given for given in calls if given.get("action") == "cancel"]

    assert eventually(cancels) == [{"job_id": "forever", "action": "cancel"}]


def test_bridges_with_the_same_options_share_a_process_until_the_last_is_closed(awkward):
    one, two, other = awkward(), awkward(), awkward("--version", "2025-06-18")
    pid = server_pid(one)
    assert server_pid(two) == pid != server_pid(other)
    with ThreadPoolExecutor(2) as pool:
        of_one, of_two = (pool.submit(bridge.call_tool, "wait", {"seconds": 1}) for bridge in (one, two))
        time.sleep(0.2)
        one.close()
        with pytest.raises(axoner.BridgeClosed):
            of_one.result(10)
        assert of_two.result(10).waited == 1
    with pytest.raises(axoner.BridgeClosed):
        one.call_tool("echo")
    two.close()
    assert not is_alive(pid)


def test_a_bridge_goes_to_another_process_by_its_options(awkward):
    bridge = awkward(env={"OF_ITS_OWN": "1"})
    copy = pickle.loads(pickle.dumps(bridge))
    assert copy.command == bridge.command
    assert copy._env["OF_ITS_OWN"] == "1"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(server_pid, (copy,)) != server_pid(bridge)
    copy.close()


@posix
def test_a_python_that_is_killed_leaves_no_server(eventually):
    script = f"""
import time
from axoner import Bridge
bridge = Bridge(command={AWKWARD!r})
print(bridge.call_tool("echo").pid, flush=True)
bridge.call_tool("wait", {{"seconds": 60}})
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, env=child_env(), stdout=subprocess.PIPE, text=True) as program:
        pid = int(program.stdout.readline())
        program.kill()
    eventually(lambda: not is_alive(pid))


@posix
def test_an_interrupted_query_stops_in_the_real_server_and_leaves_no_process(tmp_path, eventually):
    script = f"""
import os, signal, threading
from axoner import Bridge
bridge = Bridge(root={str(tmp_path)!r})
bridge.query_data("select 1")
print(bridge._connection.pid, flush=True)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
bridge.query_data("select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3")
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=child_env(), capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in done.stderr
    group = int(done.stdout)  # the server leads its group, and all it starts is in it
    eventually(lambda: not group_is_alive(group))


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_thousand_calls_of_many_threads_to_the_real_server_each_get_their_own_answer(bridge, tmp_path):
    (tmp_path / "numbers.csv").write_text("n\n" + "\n".join(str(n * 3) for n in range(1000)))
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: bridge.read_rows("numbers.csv", offset=n, limit=1).rows, range(1000)))
    assert answers == [[[str(n * 3)]] for n in range(1000)]


def test_a_bridge_whose_loop_was_forgotten_is_still_collected(eventually):
    bridge = Bridge(command=AWKWARD)
    pid = asyncio.run(bridge.await_tool("echo")._started()).pid
    del bridge
    gc.collect()
    eventually(lambda: not is_alive(pid))
