"""JSON-RPC over one server process: requests of any number of threads, their progress and their cancellation."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from ._call import CallEvent, Deadline, Deliver, PendingCall
from ._encoding import encode
from ._exchange import job_request, job_with
from ._process import ServerProcess
from .errors import AxonerError, BridgeClosed, ProtocolError

#: Revisions of MCP whose results carry ``structuredContent``; the first is the one asked for.
PROTOCOL_VERSIONS = ("2025-11-25", "2025-06-18")

_METHOD_NOT_FOUND = -32601

#: How the parameters of a call of the tool ``job`` begin. Whoever gives that up leaves the job alone.
_JOB_CALL = '{"name":"job",'
#: Calls that were given up are mostly never answered; those whose answers were on their way then are among the last.
_MAX_GIVEN_UP = 1_000


class Connection:
    """One server process and what is in flight on it. It serves until the process ends and is then replaced."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._pending: dict[int, PendingCall] = {}
        self._given_up: deque[int] = deque(maxlen=_MAX_GIVEN_UP)
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
        answer = self.begin("initialize", encode(asked)).result(Deadline(timeout))
        if answer.get("protocolVersion") not in PROTOCOL_VERSIONS:
            raise ProtocolError(
                f"the server speaks MCP {answer.get('protocolVersion')}, not {' or '.join(PROTOCOL_VERSIONS)}"
            )
        self._send({"method": "notifications/initialized"})
        return answer

    def begin(
        self,
        method: str,
        params: str,
        *,
        progress: bool = False,
        deliver: Deliver | None = None,
        owner: object = None,
    ) -> PendingCall:
        """Send a request.

        :param params: an object, encoded: that may take long, or make calls of its own, so no lock is held for it.
        :param deliver: takes what happens to the call; without it, the caller waits for its ``result()``.
        :param owner: whose calls :meth:`drop` ends together.
        """
        with self._lock:
            self._last_id += 1
            call = PendingCall(self, self._last_id, method, deliver, owner)
            call.may_become_job = method == "tools/call" and not params.startswith(_JOB_CALL)
            if not self.alive:
                raise self._end_error()
            self._pending[call.id] = call
        self._process.send(_request_line(call.id, method, _with_token(params, call.id) if progress else params))
        return call

    def post(self, method: str, params: str) -> None:
        """Send a request whose answer nobody waits for."""
        with self._lock:
            self._last_id += 1
            self._process.send(_request_line(self._last_id, method, params))

    def cancel(self, call: PendingCall, reason: str) -> bool:
        """Tell the server to stop; whatever it still answers is dropped, and the job it has answered with ends.

        :returns: false where it had answered.
        """
        with self._lock:
            was_pending = self._pending.pop(call.id, None) is not None
            if was_pending and call.may_become_job:
                self._given_up.append(call.id)
        if not was_pending:
            self._end_job(call.job)
            return False
        self._send({"method": "notifications/cancelled", "params": {"requestId": call.id, "reason": reason}})
        return True

    def respond(self, id: str | int, result: Mapping[str, Any]) -> None:
        """Answer a request of the server."""
        self._send({"id": id, "result": result})

    def drop(self, owner: object) -> None:
        """Cancel the calls of one owner; whoever waits for them is told that the bridge was closed."""
        with self._lock:
            calls = [call for call in self._pending.values() if call.owner is owner]
        for call in calls:
            call.cancel("the client closed", BridgeClosed("the bridge was closed during the call"))

    def close(self) -> None:
        """Cancel what is in flight and end the process. Returns when it is gone."""
        with self._lock:
            self._closed = True
            calls = list(self._pending.values())
        for call in calls:
            call.cancel("the client closed", BridgeClosed("the bridge was closed during the call"))
        self._process.stop()

    def close_input(self) -> None:
        self._closed = True
        self._process.close_input()

    def abandon(self) -> None:
        """In a forked child: whoever held the lock is not here, and the calls are the parent's."""
        self._lock = threading.Lock()
        self._pending = {}
        self._given_up.clear()
        self._closed = True
        self._process.abandon()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._process.send(encode({"jsonrpc": "2.0", **message}).encode("ascii") + b"\n")

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
        else:
            self._to_call(message)

    def _on_reply(self, message: dict[str, Any]) -> None:
        id, error, result = _as_id(message.get("id")), message.get("error"), message.get("result")
        job = job_with(result, "running") if isinstance(result, dict) else None
        with self._lock:
            call = self._pending.pop(id, None)
            was_given_up = call is None and id in self._given_up
            if call is not None and call.may_become_job:
                call.job = job
        if was_given_up:
            self._end_job(job)
        if call is None:
            return
        if isinstance(error, dict):
            text = f"the server refused {call.method}: {error.get('message')}"
            call.settle(ProtocolError(text, error.get("code")))
        elif isinstance(result, dict):
            call.settle(result)
        else:
            call.settle(ProtocolError(f"the server's answer to {call.method} has no result"))

    def _end_job(self, job: str | None) -> None:
        """It is that of a call which was given up as its answer came: nobody waits for it."""
        if job is not None and self.alive:
            self.post(*job_request(job, "cancel"))

    def _on_request(self, message: dict[str, Any]) -> None:
        if message["method"] == "ping":
            self.respond(message["id"], {})
        elif not self._to_call(message):
            error = {"code": _METHOD_NOT_FOUND, "message": f"this client has no {message['method']}"}
            self._send({"id": message["id"], "error": error})

    def _on_progress(self, params: Any) -> None:
        if not isinstance(params, dict) or not isinstance(params.get("progress"), (int, float)):
            return
        call = self._pending.get(_as_id(params.get("progressToken")))
        if call is not None:
            call.deliver(CallEvent("progress", (params["progress"], params.get("total"), params.get("message"))))

    def _to_call(self, message: dict[str, Any]) -> bool:
        """What names a call of ours as its ``run`` is that call's to answer. False where there is none."""
        params = message.get("params")
        call = self._pending.get(_as_id(params.get("run"))) if isinstance(params, dict) else None
        if call is None:
            return False
        call.deliver(CallEvent(message["method"], message))
        return True

    def _on_end(self) -> None:
        with self._lock:
            self._ended = True
            calls, self._pending = list(self._pending.values()), {}
        for call in calls:
            call.settle(self._end_error())

    def _end_error(self) -> AxonerError:
        return BridgeClosed("the bridge is closed") if self._closed else self._process.death()


def _request_line(id: int, method: str, params: str) -> bytes:
    return f'{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}\n'.encode("ascii")


def _with_token(params: str, id: int) -> str:
    """The encoded object, with the field by which its progress is told."""
    rest = params[1:]
    return f'{{"_meta":{{"progressToken":{id}}}{"" if rest == "}" else ","}{rest}'


def _as_id(value: Any) -> int:
    """Our ids are positive integers; anything else is nobody's."""
    return value if isinstance(value, int) else -1
