"""One request in flight, and what happens to it on the way."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import AxonerError, CallTimeout

if TYPE_CHECKING:
    from ._connection import Connection

# A wait for a lock cannot be interrupted on Windows: there it is taken in slices.
_SLICE_S = 0.5 if os.name == "nt" else math.inf


class Deadline:
    """When a call must have been answered, however many requests it takes; ``limit`` is what the caller asked for."""

    def __init__(self, limit: float | None) -> None:
        """:param limit: seconds; ``None`` and infinity are no limit.
        :raises ValueError: that is not a number of seconds.
        """
        if limit is not None and math.isnan(limit):
            raise ValueError("timeout is not a number; give seconds, or None for no limit")
        self._limit = limit
        self._at = None if limit is None or limit == math.inf else time.monotonic() + limit

    def remaining(self) -> float | None:
        """Seconds, zero once it has passed; ``None`` where there is no limit. At most what a lock can be waited for."""
        return None if self._at is None else min(max(0.0, self._at - time.monotonic()), threading.TIMEOUT_MAX)

    def passed(self, method: str) -> CallTimeout:
        return CallTimeout(f"no answer to {method} within {self._limit:g} s; the call was cancelled")


class CallEvent(NamedTuple):
    """``kind`` is ``result`` or ``error``, which are the last, ``progress``, or the method of a message to the call."""

    kind: str
    value: Any


#: Takes what happens to a call, on the thread that reads from the server: it must not wait.
Deliver = Callable[[CallEvent], object]
#: Takes what is neither the answer nor the end of a call.
OnEvent = Callable[[CallEvent], object]


class PendingCall:
    """A request in flight. One thread or event loop waits for it; any thread may cancel it."""

    def __init__(
        self, connection: Connection, id: int, method: str, deliver: Deliver | None = None, owner: object = None
    ) -> None:
        self.id = id
        self.method = method
        self.owner = owner
        #: Whether the server may answer with a job, which is to end where the call is given up.
        self.may_become_job = False
        #: The id of the job that it was answered with.
        self.job: str | None = None
        self._connection = connection
        self._events: queue.SimpleQueue[CallEvent] = queue.SimpleQueue()
        self.deliver: Deliver = self._events.put if deliver is None else deliver

    def result(self, deadline: Deadline, on_event: OnEvent | None = None) -> dict[str, Any]:
        """Wait for the answer; ``on_event`` is called on this thread.

        Whatever ends the waiting early cancels the call: the time limit, Ctrl-C, an exception of ``on_event``.
        """
        try:
            while (event := self.next_event(deadline)) is not None:
                answer = answer_of(event)
                if answer is not None:
                    return answer
                if on_event is not None:
                    on_event(event)
            raise deadline.passed(self.method)
        except BaseException:
            self.cancel("the caller stopped waiting")
            raise

    def next_event(self, deadline: Deadline) -> CallEvent | None:
        """The next thing that happened to the call; ``None`` once the deadline has passed."""
        while True:
            remaining = deadline.remaining()
            wait = _SLICE_S if remaining is None else min(remaining, _SLICE_S)
            try:
                return self._events.get(timeout=None if wait == math.inf else wait)
            except queue.Empty:
                if remaining is not None and remaining <= wait:
                    return None

    def cancel(self, reason: str, error: AxonerError | None = None) -> None:
        """Tell the server to stop; whoever still waits gets ``error``. Nothing happens where it was answered."""
        if self._connection.cancel(self, reason) and error is not None:
            self.settle(error)

    def settle(self, outcome: Mapping[str, Any] | AxonerError) -> None:
        """Hand over the answer or what came in its place."""
        self.deliver(CallEvent("error" if isinstance(outcome, AxonerError) else "result", outcome))

    def respond(self, id: str | int, result: Mapping[str, Any]) -> None:
        """Answer a request that the server made for the sake of this call."""
        self._connection.respond(id, result)


def answer_of(event: CallEvent) -> dict[str, Any] | None:
    """The answer, where the event is that.

    :raises AxonerError: that came in its place.
    """
    if event.kind == "error":
        raise event.value
    answer: dict[str, Any] | None = event.value if event.kind == "result" else None
    return answer
