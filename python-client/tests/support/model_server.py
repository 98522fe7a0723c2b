"""An OpenAI-compatible model on this machine that follows a script, and holds its client to the protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Message = dict[str, Any]
#: One reply of the model: the text it says, or the tools it calls with their arguments.
Reply = str | list[tuple[str, dict[str, Any]]]
#: Decides on a reply after reading the conversation so far.
Turn = Callable[[list[Message]], Reply]


class ModelServer:
    """Gives the script's replies one after another. ``requests`` are the bodies it was sent."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = iter(turns)
        self.requests: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> ModelServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.requests.append(body)
        messages = body["messages"]
        check_conversation(messages)
        reply = next(self._turns)(messages)
        if isinstance(reply, str):
            message, reason = {"role": "assistant", "content": reply}, "stop"
        else:
            message, reason = (
                {"role": "assistant", "content": None, "tool_calls": self._calls(reply, body)},
                "tool_calls",
            )
        return {
            "id": f"chatcmpl-{len(self.requests)}",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        }

    def _calls(self, wanted: list[tuple[str, dict[str, Any]]], body: dict[str, Any]) -> list[dict[str, Any]]:
        offered = [tool["function"]["name"] for tool in body["tools"]]
        calls = []
        for number, (name, arguments) in enumerate(wanted):
            assert name in offered, f"{name} was not offered: {offered}"
            function = {"name": name, "arguments": json.dumps(arguments)}
            calls.append({"id": f"call_{len(self.requests)}_{number}", "type": "function", "function": function})
        return calls


def check_conversation(messages: list[Message]) -> None:
    """Every tool call is answered by the messages right behind it, as the real API demands."""
    unanswered: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            unanswered.remove(message["tool_call_id"])
            continue
        assert not unanswered, f"no answer to {unanswered}"
        unanswered = {call["id"] for call in message.get("tool_calls") or []}
    assert not unanswered, f"no answer to {unanswered}"


def last_result(messages: list[Message]) -> dict[str, Any]:
    """What the last tool answered, as the model reads it."""
    content = messages[-1]["content"]
    text = content if isinstance(content, str) else "".join(part["text"] for part in content)
    return json.loads(text)


def _events(answer: dict[str, Any]) -> str:
    """The answer as a client is sent it that asked for a stream."""
    (choice,) = answer["choices"]
    calls = [{**call, "index": number} for number, call in enumerate(choice["message"].get("tool_calls") or [])]
    delta = {**choice["message"], **({"tool_calls": calls} if calls else {})}
    choices: list[list[dict[str, Any]]] = [
        [{"index": 0, "delta": delta, "finish_reason": None}],
        [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}],
        [],
    ]
    shared = {key: answer[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [{**shared, "choices": each, **({} if each else {"usage": answer["usage"]})} for each in choices]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, model.answer(body)
            except Exception as error:  # a broken script or conversation fails the run where it happens
                status, answer = (
                    400,
                    {"error": {"message": f"{type(error).__name__}: {error}", "type": "invalid_request_error"}},
                )
            streamed = status == 200 and body.get("stream")
            payload = _events(answer).encode() if streamed else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
