"""An event loop on a thread of its own, for calls whose answers are futures of ``concurrent.futures``."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")


def run_soon(work: Coroutine[Any, Any, _T]) -> Future[_T]:
    """Begin the work; cancelling the future cancels it."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _loop() -> asyncio.AbstractEventLoop:
    with _lock:
        if not _running:
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, name="axoner-futures", daemon=True)
            thread.start()
            _running.append((loop, thread))
        return _running[0][0]


def _stop() -> None:
    while _running:
        loop, thread = _running.pop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _forget() -> None:
    """In a forked child: the thread is not here."""
    global _lock
    _lock = threading.Lock()
    _running.clear()


_lock = threading.Lock()
_running: list[tuple[asyncio.AbstractEventLoop, threading.Thread]] = []
atexit.register(_stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
