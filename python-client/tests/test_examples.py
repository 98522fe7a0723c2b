"""The examples that need no framework, run as a reader would run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from report import print_failures
from supplier_site import SupplierSite
from support import REPOSITORY

from axoner import Bridge

EXAMPLES = REPOSITORY / "examples"
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX shell and signals")


def join_suppliers(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / "suppliers" / "join_suppliers.py"), "--out", str(out), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_main_job_joins_the_pages_with_the_orders(tmp_path):
    done = join_suppliers(tmp_path, "--rows", "20000")
    assert (done.returncode, done.stderr) == (0, "")
    report = done.stdout
    assert "55 of 60 pages" in report
    for page in ("S011", "S023", "S037", "S043", "S053"):
        assert f"/{page} " in report, f"{page} is not among the failures"
    assert "\x1b" not in report, "colours belong on a terminal"
    assert "Claude Desktop" in report
    times = [line for line in report.splitlines() if line.startswith(("  ✓ ", "    all of it"))]
    assert (len(times), len({len(line) for line in times})) == (6, 1), "the times do not stand below each other"
    with Bridge(root=tmp_path) as bridge:
        check = """select (select count(*) from order_lines) as joined,
                          (select count(*) from 'orders.csv'
                           where supplier_id not in ('S011', 'S023', 'S037', 'S043', 'S053')) as expected,
                          (select count(*) from supplier_report) as suppliers"""
        ((joined, expected, suppliers),) = bridge.query_data(check).rows
    assert (joined, suppliers) == (expected, 55)


def test_the_main_job_gives_the_reason_of_a_failure_in_full(capsys):
    message = "example.com: robots.txt forbids this page; respect_robots: false fetches it all the same"
    denied = {"code": "robots_denied", "message": message}
    failures = [{"url": f"http://example.com/private/{page}", **denied} for page in ("S01", "S02")]
    print_failures({"failures": failures})
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    told = [" ".join(" ".join(lines[start : start + 2]).split()) for start in (3, 5)]
    assert told == [f"private/S01 robots_denied {message}", f"private/S02 robots_denied {message}"]


def test_a_second_run_skips_what_is_done_and_notices_what_changed(tmp_path):
    first = join_suppliers(tmp_path, "--rows", "2000", "--pages", "12")
    second = join_suppliers(tmp_path, "--rows", "2000", "--pages", "12")
    (tmp_path / "orders.csv").unlink()
    third = join_suppliers(tmp_path, "--rows", "2000", "--pages", "12")
    fourth = join_suppliers(tmp_path, "--rows", "3000", "--pages", "12")
    runs = (first, second, third, fourth)
    assert [run.returncode for run in runs] == [0, 0, 0, 0], [run.stderr for run in runs]
    assert [run.stdout.count("already done") for run in runs] == [0, 4, 3, 1]
    table = [run.stdout.partition("Revenue")[2].partition("Files")[0] for run in runs]
    assert table[0] == table[1] == table[2] != table[3]


@posix
def test_ctrl_c_ends_the_main_job_without_a_traceback_or_a_server(tmp_path, eventually):
    command = [
        sys.executable,
        "-u",
        str(EXAMPLES / "suppliers" / "join_suppliers.py"),
        "--out",
        str(tmp_path),
        "--pages",
        "600",
        "--rows",
        "2000",
    ]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert job.stdout is not None
    while "server" not in job.stdout.readline():
        assert job.poll() is None
    time.sleep(0.5)
    job.send_signal(signal.SIGINT)
    job.send_signal(signal.SIGINT)
    _, errors = job.communicate(timeout=20)
    assert (job.returncode, errors) == (130, "axoner: cancelled; what is finished is kept for the next run\n")


def test_a_wrong_option_of_the_main_job_is_named(tmp_path):
    done = join_suppliers(tmp_path, "--rows", "many")
    assert done.returncode == 2
    assert "many is no number" in done.stderr


def test_the_agent_uses_the_functions_of_the_example(tmp_path):
    wrong, right = ({"sku": "0042", "pieces": pieces} for pieces in (470, 47))
    script = [
        {"tool_calls": [{"name": "stock", "input": {"sku": sku}} for sku in ("0042", "0007")]},
        {"tool_calls": [{"name": "order", "input": wrong}]},
        {"tool_calls": [{"name": "order", "input": right}], "usage": {"input_tokens": 10, "output_tokens": 8}},
        "Ordered.",
    ]
    (tmp_path / "replies.json").write_text(json.dumps(script))
    env = {**os.environ, "AXONER_PROVIDER": "scripted", "AXONER_MODEL": str(tmp_path / "replies.json")}
    env["PYTHONPATH"] = str(REPOSITORY / "python-client" / "src")
    command = [sys.executable, str(EXAMPLES / "own_functions.py")]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "→ stock {'sku': '0042'}" in done.stdout
    assert done.stdout.endswith("Ordered.\n[('0042', 47)] after 4 turns and 8 tokens (finished)\n")


@posix
def test_the_shell_script_scrapes_and_queries_with_three_lines_a_call(tmp_path):
    with SupplierSite() as site:
        env = {
            **os.environ,
            "AXONER_COMMAND": " ".join(Bridge().command),
            "AXONER_ALLOW_PRIVATE": site.address,
        }
        command = ["bash", str(EXAMPLES / "json-rpc.sh"), str(tmp_path), *site.urls(11)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    scraped, queried, calculated = (
        json.loads(line)["result"]["structuredContent"] for line in done.stdout.splitlines()
    )
    assert (scraped["ok"], scraped["failed"]) == (10, 1)
    assert queried["rows"] == [[200, 10, "Alpine Paper 10"], [404, 1, None]]
    assert calculated["result"] == "18446744073709551616"


def test_the_claude_desktop_example_starts_the_server_once_its_paths_are_filled_in(tmp_path):
    text = (EXAMPLES / "claude_desktop.json").read_text()
    text = text.replace("/absolute/path/to/axoner", str(REPOSITORY)).replace(
        "/absolute/path/to/your/files", str(tmp_path)
    )
    entry = json.loads(text)["mcpServers"]["axoner"]
    with Bridge(command=[entry["command"], *entry["args"]]) as bridge:
        assert bridge.calculate("6 * 7").result == "42"
