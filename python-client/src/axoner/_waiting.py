"""Calls that an event loop awaits: threads wait for them in its stead, and whoever stops awaiting stops the call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import BridgeClosed, Cancelled

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from ._connection import PendingCall

# Each call that is awaited holds a thread that does nothing; asyncio's own few are left to others.
_MAX_WAITING = 64
_T = TypeVar("_T")


class Waiters:
    """The waiting threads of one bridge: made when the first is needed, ended by ``close``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self._threads: ThreadPoolExecutor | None = None

    async def reply(self, begin: Callable[[], PendingCall], timeout: float | None) -> dict[str, Any]:
        """Begin a call, which may take as long as a server needs to start, and wait for its answer."""
        import asyncio  # here: most programs await nothing, and asyncio takes longer to import than all of the package

        begun = self._submit(begin)
        try:
            call = await asyncio.wrap_future(begun)
        except asyncio.CancelledError:
            begun.add_done_callback(_cancel_begun)  # on the thread: the loop may be gone by then
            raise
        try:
            return await asyncio.wrap_future(self._submit(lambda: call.result(timeout)))
        except asyncio.CancelledError:
            _cancel(call)
            raise

    def close(self) -> None:
        """Take no more work. What waits is left to the end of its call, which the bridge brings about."""
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=False)

    def _submit(self, work: Callable[[], _T]) -> Future[_T]:
        from concurrent.futures import ThreadPoolExecutor

        with self._lock:
            if self._closed:
                raise BridgeClosed("the bridge is closed; make a new Bridge")
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_MAX_WAITING, thread_name_prefix="axoner-wait")
            return self._threads.submit(work)


def _cancel_begun(begun: Future[PendingCall]) -> None:
    if not begun.cancelled() and begun.exception() is None:
        _cancel(begun.result())


def _cancel(call: PendingCall) -> None:
    call.cancel(Cancelled("whoever awaited the call was cancelled"))
