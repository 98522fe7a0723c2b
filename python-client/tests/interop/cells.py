"""What a client of a framework is put through, whichever way it reaches the tools."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from support.model_server import ModelServer

from .work import begun_work, end_statements, has_stopped

#: Seconds that a client is told to give a call, and that it is waited for at most: those that cannot be told are
#: answered after 50 s at the latest.
CALL_LIMIT_S = 8.0
PATIENCE_S = 60.0
ENDLESS = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
BIG = "select range as n, repeat('x', 100) as t from range(10000)"
EXPECTED = {"scrape", "query_data", "read_rows", "calculate"}


class Driver(Protocol):
    """A framework's client. ``cannot_cancel`` says why, where a call cannot be cancelled at all."""

    cannot_cancel: str | None

    async def open(self, command: list[str], folder: Path) -> None: ...
    async def schemas(self) -> dict[str, Any]:
        """By tool, whatever has the names of its arguments as keys."""
        ...

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """What a model would be shown; it may raise where the tool failed."""
        ...

    def shown(self, name: str) -> str:
        """The tool's name as a model is told it."""
        ...

    async def agent(self, url: str, question: str) -> str: ...
    async def close(self) -> None: ...


class Failed(Exception):
    """A cell that does not hold; the text is its cause."""


async def run_cells(make: Callable[[], Driver], folder: Path) -> dict[str, str]:
    """``ok`` or the cause of its failure, by the cell's name."""
    (folder / "orders.csv").write_text("sku,quantity\na,3\nb,4\n")
    pids = folder / "pids"
    driver = make()
    from axoner import Bridge

    command = ["sh", "-c", 'echo $$ >> "$0"; exec "$@"', str(pids), *Bridge().command]
    results: dict[str, str] = {}
    await driver.open(command, folder)
    for name, cell in CELLS.items():
        results[name] = await _outcome(cell(driver, pids))
    try:
        await _close(driver, pids)  # on the task that opened it, as anyio wants
        results["close"] = "ok"
    except Failed as failure:
        results["close"] = str(failure)
    return results


async def _outcome(cell: Awaitable[None]) -> str:
    try:
        await asyncio.wait_for(cell, 2 * PATIENCE_S)
    except asyncio.TimeoutError:
        return f"no answer within {2 * PATIENCE_S:.0f} s"
    except BaseException as error:
        return _first_line(error)
    return "ok"


def _first_line(error: BaseException) -> str:
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]  # type: ignore[attr-defined]
    if isinstance(error, Failed):
        return str(error)
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no text'}"[:160]


async def _list(driver: Driver, _pids: Path) -> None:
    schemas = await driver.schemas()
    _hold(schemas.keys() >= EXPECTED, f"of the tools only {sorted(schemas)} are listed")
    _hold(schemas["query_data"].keys() >= {"sql", "limit", "save_as"}, "arguments of query_data are missing")


async def _call(driver: Driver, _pids: Path) -> None:
    text = await driver.call("calculate", {"expression": "6*7"})
    _hold("42" in text, f"the answer was {text[:80]}")


async def _agent(driver: Driver, _pids: Path) -> None:
    def query(_messages: list[dict[str, Any]]) -> Any:
        return [(driver.shown("query_data"), {"sql": "select sum(quantity)::bigint from 'orders.csv'"})]

    def conclude(messages: list[dict[str, Any]]) -> Any:
        told = str(messages[-1]["content"])
        rows = re.search(r"rows\W+(\d+)", told)
        answer = f"{rows[1]} pieces" if rows else f"told: {told[-90:]}"
        return [("final_answer", {"answer": answer})] if "Observation" in told or "Error" in told else answer

    with ModelServer([query, conclude]) as server:
        answer = await driver.agent(server.base_url, "How many pieces were ordered?")
    _hold("7 pieces" in answer, f"the agent answered {answer[:120]}")


async def _error(driver: Driver, pids: Path) -> None:
    try:
        text = await driver.call("calculate", {"expression": "2 +"})
    except Exception as error:
        text = str(error)
    _hold("invalid_input" in text, f"the code is not in what is told: {text[:80]}")
    await _call(driver, pids)


async def _timeout(driver: Driver, pids: Path) -> None:
    """In time there is an answer with a job's id, or an error of the client; and the session goes on."""
    call = asyncio.ensure_future(driver.call("query_data", {"sql": ENDLESS}))
    await asyncio.wait({call}, timeout=PATIENCE_S)
    if not call.done():
        call.cancel()
        raise Failed("the client waits on; it has no limit for a call")
    try:
        text = call.result()
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        _hold("timed out" in text.lower() or "within" in text or "timeout" in text.lower(), f"it raised {text[:80]}")
    else:
        job = re.search(r"job_id\W+([\w-]+)", text)
        _hold(bool(job) or "within" in text or "timed out" in text.lower(), f"the answer was {text[:80]}")
        if job:
            with contextlib.suppress(Exception):  # that it was cancelled is an error for some
                await driver.call("job", {"job_id": job[1], "action": "cancel"})
    await _call(driver, pids)


async def _cancel(driver: Driver, pids: Path) -> None:
    """The task ends, and the process that works for it stops."""
    _hold(driver.cannot_cancel is None, str(driver.cannot_cancel))
    home = pids.parent
    end_statements(home)  # of the cell before, where a client only stopped waiting
    await asyncio.sleep(0.5)
    task = asyncio.ensure_future(driver.call("query_data", {"sql": ENDLESS.replace("= 3", "= 5")}))
    work = await begun_work(home, 20)
    _hold(bool(work), "no process works for the call")
    _hold(not task.done(), "it was answered before it could be cancelled")
    task.cancel()
    await asyncio.wait({task}, timeout=10)
    try:
        _hold(task.done(), "the cancelled task goes on")
        _hold(await has_stopped(home, work, 10), "the server goes on with the cancelled work")
    finally:
        end_statements(home)
    await _call(driver, pids)


async def _megabyte(driver: Driver, _pids: Path) -> None:
    text = await driver.call("query_data", {"sql": BIG})
    _hold("10000" in text, "the number of rows is not told")
    _hold(1_000 < len(text) < 200_000, f"{len(text)} characters were told")


async def _killed(driver: Driver, pids: Path) -> None:
    for pid in _running(pids):
        os.kill(pid, signal.SIGKILL)
    await asyncio.sleep(0.5)
    text = await asyncio.wait_for(driver.call("calculate", {"expression": "6*7"}), PATIENCE_S)
    _hold("42" in text, f"the next call is answered with: {text[:90]}")


async def _close(driver: Driver, pids: Path) -> None:
    with contextlib.suppress(BaseException):  # its server was killed, and it may say so; what it leaves running counts
        await driver.close()
    deadline = time.monotonic() + 10
    while _running(pids) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    _hold(not _running(pids), "a server is left running")


CELLS: dict[str, Callable[[Driver, Path], Awaitable[None]]] = {
    "list": _list,
    "call": _call,
    "agent": _agent,
    "error": _error,
    "timeout": _timeout,
    "cancel": _cancel,
    "1 MB": _megabyte,
    "killed": _killed,
}


def _hold(condition: bool, cause: str) -> None:
    if not condition:
        raise Failed(cause)


def _running(pids: Path) -> list[int]:
    numbers = [int(line) for line in pids.read_text().split()] if pids.exists() else []
    return [pid for pid in numbers if _is_alive(pid)]


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
