"""JSON-RPC over one server process: requests of any number of threads, their progress and their cancellation."""

from __future__ import annotations

import json
import math
import os
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._process import ServerProcess
from ._progress import ProgressCallback
from .errors import AxonerError, BridgeClosed, CallTimeout, ProtocolError

#: Revisions of MCP whose results carry ``structuredContent``; the first is the one asked for.
PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18")

_METHOD_NOT_FOUND = -32601
# A wait for a lock cannot be interrupted on Windows: there it is taken in slices.
_SLICE_S = 0.5 if os.name == "nt" else math.inf


class Connection:
    """One server process and what is in flight on it. It serves until the process ends and is then replaced."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._pending: dict[int, PendingCall] = {}
        self._last_id = 0
        self._closed = False
        self._ended = False
        self._process = ServerProcess(command, env, self._on_line, self._on_end)

    @property
    def alive(self) -> bool:
        return not (self._closed or self._ended)

    @property
    def pid(self) -> int:
        return self._process.pid

    def handshake(self, client: Mapping[str, str], timeout: float) -> dict[str, Any]:
        """Agree on the protocol; returns the server's half of ``initialize``."""
        asked = {"protocolVersion": PROTOCOL_VERSIONS[0], "capabilities": {}, "clientInfo": dict(client)}
        answer = self.begin("initialize", asked).result(timeout)
        if answer.get("protocolVersion") not in PROTOCOL_VERSIONS:
            raise ProtocolError(
                f"the server speaks MCP {answer.get('protocolVersion')}, not {' or '.join(PROTOCOL_VERSIONS)}"
            )
        self._send({"method": "notifications/initialized"})
        return answer

    def begin(self, method: str, params: Mapping[str, Any], want_progress: bool = False) -> PendingCall:
        """Send a request. The caller waits for its ``result()``."""
        with self._lock:
            self._last_id += 1
            call = PendingCall(self, self._last_id, method)
            if want_progress:
                params = {**params, "_meta": {"progressToken": call.id}}
            line = _encode({"id": call.id, "method": method, "params": params})
            if not self.alive:
                raise self._end_error()
            self._pending[call.id] = call
        self._process.send(line)
        return call

    def cancel(self, call: PendingCall, reason: str) -> None:
        """Tell the server to stop; whatever it still answers is dropped."""
        with self._lock:
            if self._pending.pop(call.id, None) is None:
                return
        self._send({"method": "notifications/cancelled", "params": {"requestId": call.id, "reason": reason}})

    def close(self) -> None:
        """Cancel what is in flight and end the process. Returns when it is gone."""
        with self._lock:
            self._closed = True
            calls = list(self._pending.values())
        for call in calls:
            self.cancel(call, "the client closed")
            call.settle(error=BridgeClosed("the bridge was closed during the call"))
        self._process.stop()

    def close_input(self) -> None:
        self._closed = True
        self._process.close_input()

    def abandon(self) -> None:
        self._closed = True
        self._process.abandon()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._process.send(_encode(message))

    def _on_line(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return  # a stray print; whoever waits for an answer has a deadline or sees the process end
        if not isinstance(message, dict):
            return
        if "method" not in message:
            self._on_reply(message)
        elif "id" in message:
            self._on_request(message)
        elif message["method"] == "notifications/progress":
            self._on_progress(message.get("params"))

    def _on_reply(self, message: dict[str, Any]) -> None:
        with self._lock:
            call = self._pending.pop(_as_id(message.get("id")), None)
        if call is None:
            return  # cancelled meanwhile
        error, result = message.get("error"), message.get("result")
        if isinstance(error, dict):
            text = f"the server refused {call.method}: {error.get('message')}"
            call.settle(error=ProtocolError(text, error.get("code")))
        elif isinstance(result, dict):
            call.settle(result=result)
        else:
            call.settle(error=ProtocolError(f"the server's answer to {call.method} has no result"))

    def _on_request(self, message: dict[str, Any]) -> None:
        if message["method"] == "ping":
            self._send({"id": message["id"], "result": {}})
        else:
            error = {"code": _METHOD_NOT_FOUND, "message": f"this client has no {message['method']}"}
            self._send({"id": message["id"], "error": error})

    def _on_progress(self, params: Any) -> None:
        if not isinstance(params, dict) or not isinstance(params.get("progress"), (int, float)):
            return
        call = self._pending.get(_as_id(params.get("progressToken")))
        if call is not None:
            call.report(params["progress"], params.get("total"), params.get("message"))

    def _on_end(self) -> None:
        with self._lock:
            self._ended = True
            calls, self._pending = list(self._pending.values()), {}
        for call in calls:
            call.settle(error=self._end_error())

    def _end_error(self) -> AxonerError:
        return BridgeClosed("the bridge is closed") if self._closed else self._process.death()


class PendingCall:
    """A request in flight. One thread waits for it; any thread may cancel it."""

    def __init__(self, connection: Connection, id: int, method: str) -> None:
        self.id = id
        self.method = method
        self._connection = connection
        self._events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def result(self, timeout: float | None = None, on_progress: ProgressCallback | None = None) -> dict[str, Any]:
        """Wait for the answer; ``on_progress`` is called on this thread.

        Whatever ends the waiting early cancels the call: the time limit, Ctrl-C, an exception of ``on_progress``.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            while (event := self._next_event(deadline)) is not None:
                kind, value = event
                if kind == "result":
                    result: dict[str, Any] = value
                    return result
                if kind == "error":
                    raise value
                if on_progress is not None:
                    on_progress(*value)
            raise CallTimeout(f"no answer to {self.method} within {timeout:g} s; the call was cancelled")
        except BaseException:
            self._connection.cancel(self, "the caller stopped waiting")
            raise

    def cancel(self, error: AxonerError, reason: str = "cancelled by the caller") -> None:
        """Stop the call from another thread: the server is told, and whoever waits gets ``error``."""
        self._connection.cancel(self, reason)
        self.settle(error=error)

    def settle(self, *, result: dict[str, Any] | None = None, error: AxonerError | None = None) -> None:
        self._events.put(("result", result) if error is None else ("error", error))

    def report(self, done: float, total: float | None, message: str | None) -> None:
        self._events.put(("progress", (done, total, message)))

    def _next_event(self, deadline: float | None) -> tuple[str, Any] | None:
        """The next thing that happened to the call; ``None`` once the deadline has passed."""
        while True:
            remaining = math.inf if deadline is None else deadline - time.monotonic()
            wait = min(max(remaining, 0.0), _SLICE_S)
            try:
                return self._events.get(timeout=None if wait == math.inf else wait)
            except queue.Empty:
                if remaining <= wait:
                    return None


def _encode(message: Mapping[str, Any]) -> bytes:
    """One line. Values that JSON does not know raise here, before anything is sent."""
    text = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"), allow_nan=False, default=_json_value)
    return text.encode("ascii") + b"\n"


def _as_id(value: Any) -> int:
    """Our ids are positive integers; anything else is nobody's."""
    return value if isinstance(value, int) else -1


def _json_value(value: object) -> object:
    """Paths, and what can be listed: tuples of other libraries, arrays, series, sets, generators."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be an argument of a tool")
