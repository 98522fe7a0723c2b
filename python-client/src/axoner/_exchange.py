"""What has to be asked of a server for one tool call: once more after a crash, and for as long as a job runs.

A conversation is a generator that yields requests and is sent their answers, so that threads and event loops, which
wait in different ways, say the same things.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, NamedTuple

from ._generated import REPEATABLE
from .errors import Cancelled, ServerDied

_JOB = "job"
_JOB_WAIT_S = 60


class Request(NamedTuple):
    method: str
    params: Mapping[str, Any]


Answer = dict[str, Any]
Conversation = Generator[Request, Answer, Answer]


def tool_call(name: str, arguments: Mapping[str, Any], post: Callable[[Request], object]) -> Conversation:
    """The reply of a tool; that of a job where it was answered with one.

    :param post: sends a request that nobody waits for: a job whose caller went away is cancelled by it.
    :raises ServerDied: the server ended during a call that is not known to be repeatable, or during both tries.
    :raises Cancelled: the call became a job, which was ended by somebody else.
    """
    request = Request("tools/call", {"name": name, "arguments": arguments})
    if name == _JOB:  # whoever asks for a job's state wants that
        return (yield request)
    try:
        return (yield from _answer(request, post))
    except ServerDied as died:
        if not (name in REPEATABLE or (yield from _says_repeatable(name))):
            raise died.during(name) from died
        return (yield from _answer(request, post))


def _answer(request: Request, post: Callable[[Request], object]) -> Conversation:
    reply = yield request
    while (job := _job_with(reply, "running")) is not None:
        try:
            reply = yield from _news(job)
        except (ServerDied, Cancelled):
            raise
        except BaseException:
            post(_job_request(job, "cancel"))
            raise
    return reply


def _news(job: str) -> Conversation:
    """What became of a job. A shared engine outlives a server, and its jobs do."""
    lost: ServerDied | None = None
    try:
        reply = yield _job_request(job, "wait")
    except ServerDied as died:
        lost = died
        reply = yield _job_request(job, "wait")
    if _job_with(reply, "interrupted") is not None:
        raise lost or Cancelled(str(reply["structuredContent"].get("message", "the job was interrupted")))
    return reply


def listing() -> Conversation:
    """All ``tools`` of a server, from every page of its list."""
    tools: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    while True:
        answer = yield Request("tools/list", page)
        tools += answer.get("tools", [])
        if not answer.get("nextCursor"):
            return {"tools": tools}
        page = {"cursor": answer["nextCursor"]}


def converse(conversation: Conversation, ask: Callable[[Request], Answer]) -> Answer:
    """Hold a conversation on this thread."""
    try:
        request = next(conversation)
        while True:
            try:
                answer = ask(request)
            except BaseException as error:
                request = conversation.throw(error)
            else:
                request = conversation.send(answer)
    except StopIteration as end:
        reply: Answer = end.value
        return reply


async def converse_async(conversation: Conversation, ask: Callable[[Request], Awaitable[Answer]]) -> Answer:
    """Hold a conversation on an event loop."""
    try:
        request = next(conversation)
        while True:
            try:
                answer = await ask(request)
            except BaseException as error:
                request = conversation.throw(error)
            else:
                request = conversation.send(answer)
    except StopIteration as end:
        reply: Answer = end.value
        return reply


def _says_repeatable(name: str) -> Generator[Request, Answer, bool]:
    """A plugin's tool says so itself."""
    listed = yield from listing()
    hints: Any = next((tool.get("annotations") for tool in listed["tools"] if tool.get("name") == name), None)
    return isinstance(hints, dict) and bool(hints.get("readOnlyHint") or hints.get("idempotentHint"))


def _job_with(reply: Answer, status: str) -> str | None:
    """Its id, where the reply tells of a job in that state."""
    fields = reply.get("structuredContent")
    if not isinstance(fields, dict) or fields.get("status") != status:
        return None
    job = fields.get("job_id")
    return job if isinstance(job, str) else None


def _job_request(job: str, action: str) -> Request:
    waiting = {"wait_s": _JOB_WAIT_S} if action == "wait" else {}
    return Request("tools/call", {"name": _JOB, "arguments": {"job_id": job, "action": action, **waiting}})
