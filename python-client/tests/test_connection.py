"""The bridge against a server that misbehaves."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas
import pytest
from support import AWKWARD

import axoner
from axoner import Bridge

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX processes")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def server_pid(bridge: Bridge) -> int:
    return bridge.call_tool("echo").pid


def test_arguments_arrive_and_none_is_left_out(awkward):
    given = {"text": "naïve \ud800", "none": None, "path": Path("a/b"), "many": (item for item in (1, 2)), "zero": 0}
    echoed = awkward().call_tool("echo", given).given
    assert echoed == {"text": "naïve \ud800", "path": os.path.join("a", "b"), "many": [1, 2], "zero": 0}


@pytest.mark.parametrize("how", ["thread", "future"])
def test_a_generator_argument_may_call_the_bridge(awkward, how):
    bridge = awkward()
    given = {"many": (bridge.call_tool("echo", {"number": number}, timeout=10).given["number"] for number in (1, 2))}
    if how == "thread":
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(bridge.call_tool, "echo", given).result(20).given == {"many": [1, 2]}
    else:
        assert bridge.submit("echo", given).result(20).given == {"many": [1, 2]}


def test_a_slow_generator_argument_holds_up_no_other_thread(awkward):
    bridge = awkward()
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        begun.set()
        yield go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(bridge.call_tool, "echo", {"many": slowly()})
        assert begun.wait(10)
        try:
            assert pool.submit(bridge.call_tool, "echo", {"quick": 1}).result(10).given == {"quick": 1}
        finally:
            go_on.set()
        assert slow.result(10).given == {"many": [True]}


@pytest.mark.parametrize(
    "value, said",
    [
        (float("nan"), "^value is nan, a number that JSON does not have"),
        (["a", {"deep": [1, float("inf")]}], r"^value\[1\]\['deep'\]\[1\] is inf"),
        (pandas.Series(["a", float("nan")], dtype=object), r"^value\[1\] is nan"),
        (object(), "^value is a object, which cannot be sent"),
        ({"price": Decimal("1.5")}, r"^value\['price'\] is a Decimal, which"),
        (timedelta(1), "^value is a timedelta, which"),
        ({(1, 2): "x"}, "^value .*keys that are no text"),
        ((part for part in [float("nan")]), "arguments cannot be sent"),
    ],
)
def test_an_argument_that_is_no_json_is_named_before_anything_is_sent(awkward, value, said):
    bridge = awkward()
    with pytest.raises(axoner.InvalidInput, match=said):
        bridge.call_tool("echo", {"good": 1, "value": value})
    assert bridge.call_tool("echo", {"value": 1}).given == {"value": 1}


def test_an_argument_that_holds_itself_is_named(awkward):
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(axoner.InvalidInput, match=r"^value.* nested too deeply"):
        awkward().call_tool("echo", {"value": circle})


@pytest.mark.parametrize("arguments", ["1+1", ["1+1"], 2])
def test_arguments_without_names_are_refused(awkward, arguments):
    with pytest.raises(axoner.InvalidInput, match="a dictionary by name"):
        awkward().call_tool("echo", arguments)


def test_calls_of_many_threads_each_get_their_own_answer(awkward):
    bridge = awkward()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: bridge.call_tool("echo", {"number": number}), range(200)))
    assert [answer.given["number"] for answer in answers] == list(range(200))
    assert len({answer.pid for answer in answers}) == 1


def test_an_answer_longer_than_any_buffer_arrives_whole(awkward):
    assert awkward().call_tool("long", {"chars": 3_000_000}).text == "é" * 3_000_000


def test_list_tools_reads_every_page(awkward):
    assert [tool["name"] for tool in awkward().list_tools()] == ["first", "flaky"]


def test_progress_goes_to_the_callback_on_the_calling_thread(awkward):
    seen = []
    awkward().call_tool("count", {"to": 3}, progress=lambda *update: seen.append((*update, threading.current_thread())))
    here = threading.current_thread()
    assert seen == [(1, 3, "step 1", here), (2, 3, "step 2", here), (3, 3, "step 3", here)]


def test_progress_true_shows_a_bar_of_tqdm(awkward, capsys):
    awkward().call_tool("count", {"to": 3}, progress=True)
    assert re.search(r"count: 100%.*3/3.*step 3", capsys.readouterr().err)


def test_progress_true_prints_to_stderr_without_tqdm(awkward, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    awkward().call_tool("count", {"to": 3}, progress=True)
    assert "count 3/3 (100%) step 3" in capsys.readouterr().err


def test_no_progress_is_asked_for_unless_wanted(awkward):
    assert awkward().call_tool("count", {"to": 1}).token_sent is False


def test_an_exception_of_the_progress_callback_cancels_the_call(awkward, tmp_path, sent, eventually):
    bridge = awkward("--log", str(tmp_path / "sent"))

    def refuse(*_update):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        bridge.call_tool("wait", {"seconds": 60}, progress=refuse)
    eventually(lambda: any(message["method"] == "notifications/cancelled" for message in sent()))


def test_a_call_that_takes_too_long_is_cancelled(awkward, tmp_path, sent, eventually):
    bridge = awkward("--log", str(tmp_path / "sent"))
    server_pid(bridge)
    with pytest.raises(axoner.CallTimeout, match=r"0\.2 s") as caught:
        bridge.call_tool("wait", {"seconds": 60}, timeout=0.2)
    assert isinstance(caught.value, TimeoutError)
    eventually(lambda: any(message["method"] == "notifications/cancelled" for message in sent()))
    assert bridge.call_tool("echo", {"still": "here"}).given == {"still": "here"}


@posix
def test_ctrl_c_cancels_the_call_and_leaves_the_server_running(tmp_path):
    script = f"""
import os, signal, threading
from axoner import Bridge
with Bridge(command={[*AWKWARD, "--log", str(tmp_path / "sent")]!r}) as bridge:
    pid = bridge.call_tool("echo").pid
    threading.Timer(0.5, lambda: os.killpg(0, signal.SIGINT)).start()
    try:
        bridge.call_tool("wait", {{"seconds": 60}})
    except KeyboardInterrupt:
        print("interrupted", bridge.call_tool("echo").pid == pid)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=child_env(),
        capture_output=True,
        text=True,
        timeout=30,
        start_new_session=True,
    )
    assert done.stdout == "interrupted True\n", done.stderr
    assert "notifications/cancelled" in (tmp_path / "sent").read_text()


@pytest.mark.parametrize("code", ["invalid_input", "not_found", "blocked_address", "timeout", "internal"])
def test_a_failed_tool_raises_the_exception_of_its_code(awkward, code):
    with pytest.raises(axoner.ToolError, match="that did not work; try less") as caught:
        awkward().call_tool("fail", {"code": code})
    assert caught.value.code == code
    assert type(caught.value) is not axoner.ToolError
    assert isinstance(caught.value, TimeoutError) == (code == "timeout")


def test_a_code_of_a_plugins_own_is_a_plain_tool_error(awkward):
    with pytest.raises(axoner.ToolError) as caught:
        awkward().call_tool("fail", {"code": "out_of_coffee"})
    assert type(caught.value) is axoner.ToolError
    assert caught.value.code == "out_of_coffee"


def test_errors_survive_pickling():
    for error in (axoner.NotFound("gone"), axoner.ServerDied("it died", 3, "why"), axoner.ToolError("odd", "own_code")):
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.__dict__) == (type(error), str(error), error.__dict__)


def test_a_refused_request_is_a_protocol_error_with_its_code(awkward):
    with pytest.raises(axoner.ProtocolError, match="unknown tool nope") as caught:
        awkward().call_tool("nope")
    assert caught.value.code == -32602


def test_stray_output_unknown_replies_and_requests_of_the_server_are_survived(awkward, tmp_path, sent, eventually):
    bridge = awkward("--log", str(tmp_path / "sent"))
    assert bridge.call_tool("babble").status == "done"
    replies = eventually(lambda: {m["id"]: m for m in sent() if "method" not in m} if len(sent()) >= 5 else None)
    assert replies["from-server"]["result"] == {}
    assert replies["unknown"]["error"]["code"] == -32601


def test_an_answer_without_a_result_is_a_protocol_error(awkward):
    with pytest.raises(axoner.ProtocolError, match="no result"):
        awkward().call_tool("no_result")


def test_a_server_that_dies_fails_every_call_in_flight_and_the_next_call_starts_another(awkward):
    bridge = awkward()
    first = server_pid(bridge)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(bridge.call_tool, "wait", {"seconds": 60})
        with pytest.raises(
            axoner.ServerDied, match=r"(?s)exit code 3 during die, which was not repeated.*then the rest"
        ) as caught:
            bridge.call_tool("die")
        with pytest.raises(axoner.ServerDied):
            waiting.result(10)
    assert caught.value.returncode == 3
    assert server_pid(bridge) != first


@posix
def test_a_killed_server_is_named_with_its_signal(awkward):
    with pytest.raises(axoner.ServerDied, match="SIGKILL"):
        awkward().call_tool("kill")


@pytest.mark.parametrize("tool", ["echo", "query_data"])
def test_a_server_that_refuses_its_options_shows_what_it_said_and_is_started_once(awkward, caplog, tool):
    with pytest.raises(axoner.ConfigError, match=r"^axoner: --colour is no option$"):
        awkward("--refuse", "axoner: --colour is no option").call_tool(tool)
    assert [line[2] for line in caplog.record_tuples].count("--colour is no option") == 1
    assert ("axoner.server", logging.ERROR, "--colour is no option") in caplog.record_tuples


def test_a_start_that_takes_longer_than_the_calls_may_holds_none_of_them_up(awkward):
    bridge = awkward("--start-after", "600", start_timeout=300)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(bridge.call_tool, "echo", timeout=0.5) for _ in range(3)]
        for call in calls:
            with pytest.raises(axoner.CallTimeout, match=r"0\.5 s"):
                call.result(20)
    bridge.close()  # and ends the start


def test_a_start_goes_on_for_the_next_call(awkward, eventually):
    bridge = awkward("--start-after", "2")
    with pytest.raises(axoner.CallTimeout):
        bridge.call_tool("echo", timeout=0.1)
    eventually(lambda: bridge._connection)
    assert bridge.call_tool("echo", {"still": "here"}).given == {"still": "here"}


@pytest.mark.parametrize("timeout", [1e10, 1e300, float("inf")])
def test_a_time_limit_may_be_as_long_as_one_likes(awkward, timeout):
    bridge = awkward()
    assert bridge.call_tool("echo", {"n": 1}, timeout=timeout).given == {"n": 1}
    assert bridge.call_tool("echo", {"n": 1}, timeout=timeout).given == {"n": 1}
    assert bridge.submit("echo", {"n": 1}, timeout=timeout).result(20).given == {"n": 1}


def test_a_time_limit_that_is_no_number_is_refused(awkward):
    with pytest.raises(ValueError, match="timeout is not a number"):
        awkward().call_tool("echo", timeout=float("nan"))
    with pytest.raises(ValueError, match="timeout is not a number"):
        awkward().submit("echo", timeout=float("nan")).result(20)


def test_a_server_of_another_protocol_is_refused_and_stopped(awkward):
    with pytest.raises(axoner.ProtocolError, match="1999-01-01"):
        awkward("--version", "1999-01-01").call_tool("echo")


def test_a_command_that_does_not_exist_is_a_server_not_found():
    bridge = Bridge(command=["/no/such/axoner"])
    with pytest.raises(axoner.ServerNotFound, match="/no/such/axoner"):
        bridge.call_tool("echo")


def test_close_ends_the_server_and_later_calls_say_so(awkward):
    bridge = awkward()
    pid = server_pid(bridge)
    bridge.close()
    bridge.close()
    assert not is_alive(pid)
    with pytest.raises(axoner.BridgeClosed):
        bridge.call_tool("echo")


def test_close_frees_whoever_waits_on_another_thread(awkward, capfd, eventually):
    bridge = awkward()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bridge.call_tool, "wait", {"seconds": 60})
        eventually(lambda: bridge._connection is not None and bridge._connection._pending)
        bridge.close()
        with pytest.raises(axoner.BridgeClosed):
            waiting.result(10)


@posix
def test_a_server_that_ignores_its_end_of_input_and_sigterm_is_killed(awkward):
    bridge = awkward("--deaf")
    pid = server_pid(bridge)
    bridge.close()
    assert not is_alive(pid)


@posix
def test_a_bridge_nobody_holds_any_more_lets_its_server_end(eventually):
    bridge = Bridge(command=AWKWARD)
    pid = server_pid(bridge)
    del bridge
    gc.collect()
    eventually(lambda: not is_alive(pid))


def test_a_program_that_forgets_to_close_leaves_no_server(eventually):
    script = f"from axoner import Bridge; bridge = Bridge(command={AWKWARD!r}); print(bridge.call_tool('echo').pid)"
    done = subprocess.run([sys.executable, "-c", script], env=child_env(), capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    eventually(lambda: not is_alive(int(done.stdout)))


@posix
def test_a_forked_child_gets_a_server_of_its_own_and_leaves_the_parents_alone(awkward):
    bridge = awkward()
    pid = server_pid(bridge)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(bridge.call_tool, "wait", {"seconds": 1})
        time.sleep(0.1)
        theirs = multiprocessing.get_context("fork").Queue()
        child = multiprocessing.get_context("fork").Process(target=lambda: theirs.put(_use_and_close(bridge)))
        child.start()
        child_pid = theirs.get(timeout=20)
        child.join(20)
        assert waiting.result(10).waited == 1
    assert child.exitcode == 0
    assert child_pid not in (pid, os.getpid())
    assert not is_alive(child_pid)
    assert server_pid(bridge) == pid


@posix
def test_a_forked_child_does_not_keep_the_parents_server_alive(awkward):
    bridge = awkward()
    server_pid(bridge)
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    try:
        process = bridge._connection._process._process
        bridge.close()
        assert process.returncode == 0, "the end of its input ended it, not a signal"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _use_and_close(bridge: Bridge) -> int:
    pid = server_pid(bridge)
    bridge.close()
    return pid


def child_env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(axoner.__file__).parents[1])}
