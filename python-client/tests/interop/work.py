"""What the servers of a row do, seen from outside: all their processes, a shared engine's too, have the row's HOME.

A statement of SQL runs in a process of its own, so that the work of one call is told from that of another.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

_STATEMENT = "sql-child"
_LOOK_S = 0.5
#: In ticks of the clock: the machine may be busy with others, but an idle process takes none.
_BUSY_TICKS = 2
_STILL_S = 3.0


async def begun_work(home: Path, seconds: float) -> set[int]:
    """The processes that compute statements, as soon as there are any."""
    deadline = time.monotonic() + seconds
    while not (found := await _busy(home, _LOOK_S)) and time.monotonic() < deadline:
        pass
    return found


async def has_stopped(home: Path, work: set[int], seconds: float) -> bool:
    """Whether these stop computing, or end, within the time."""
    deadline = time.monotonic() + seconds
    while await _busy(home, _STILL_S) & work:
        if time.monotonic() > deadline:
            return False
    return True


def end_statements(home: Path) -> None:
    """What a client gave up without a word, and would take the CPU from what comes after."""
    _kill(_cpu_by_process(home, _STATEMENT))


def end_all(home: Path) -> None:
    """The shared engine would wait for others."""
    _kill(_cpu_by_process(home))


async def _busy(home: Path, seconds: float) -> set[int]:
    before = _cpu_by_process(home, _STATEMENT)
    await asyncio.sleep(seconds)
    now = _cpu_by_process(home, _STATEMENT)
    return {pid for pid, ticks in now.items() if ticks - before.get(pid, ticks) >= _BUSY_TICKS}


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _cpu_by_process(home: Path, program: str = "") -> dict[int, int]:
    """In ticks of the clock, of user and kernel, for those whose command names the program."""
    found = {}
    mark = f"\0HOME={home}\0".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            if mark in b"\0" + (folder / "environ").read_bytes() and program in (folder / "cmdline").read_text():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found[int(folder.name)] = int(fields[11]) + int(fields[12])
    return found
