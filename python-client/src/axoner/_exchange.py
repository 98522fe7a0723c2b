"""What has to be asked of a server for one tool call: once more after a crash, and for as long as a job runs.

A conversation is a generator that yields requests and is sent their answers, so that threads and event loops, which
wait in different ways, say the same things.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, NamedTuple

from ._encoding import encode
from ._generated import REPEATABLE
from .errors import Cancelled, ServerDied, ToolError, Unavailable

_JOB = "job"
_JOB_WAIT_S = 60


#: How the message of ``unavailable`` begins where the shared engine ended and its server goes on.
_ENGINE_ENDED = "the engine process ended"
#: What is said of a job whose engine crashed; not of one that somebody cancelled, nor where the engine was stopped.
_JOB_LOST = "the process that worked on it has ended"


class Request(NamedTuple):
    """``params`` is encoded: what is asked twice is the same twice, also where a generator was among the arguments."""

    method: str
    params: str


def request(method: str, params: Mapping[str, Any]) -> Request:
    """:raises InvalidInput: a value is none that JSON knows."""
    return Request(method, encode(params))


class _EngineEnded(Exception):
    """The process that worked on a call ended, while the server that was asked goes on."""

    def __init__(self, error: ToolError) -> None:
        super().__init__(str(error))
        self.error = error


Answer = dict[str, Any]
Conversation = Generator[Request, Answer, Answer]


def tool_call(name: str, arguments: Mapping[str, Any], post: Callable[[Request], object]) -> Conversation:
    """The reply of a tool; that of a job where it was answered with one.

    :param post: sends a request that nobody waits for: a job whose caller went away is cancelled by it.
    :raises ServerDied: the server ended during a call that is not known to be repeatable, or during both tries.
    :raises Unavailable: the shared engine did.
    :raises Cancelled: the call became a job, which was ended by somebody else.
    """
    call = request("tools/call", {"name": name, "arguments": arguments})
    if name == _JOB:  # whoever asks for a job's state wants that
        return (yield call)
    try:
        return (yield from _answer(call, post))
    except (ServerDied, _EngineEnded) as lost:
        if not (name in REPEATABLE or (yield from _says_repeatable(name))):
            raise (lost.during(name) if isinstance(lost, ServerDied) else lost.error) from lost
    try:
        return (yield from _answer(call, post))
    except _EngineEnded as again:
        raise again.error from None


def _answer(call: Request, post: Callable[[Request], object]) -> Conversation:
    reply = yield call
    _check_engine(reply)
    while (job := job_with(reply, "running")) is not None:
        try:
            reply = yield from _news(job)
        except (ServerDied, _EngineEnded, Cancelled):
            raise
        except BaseException:
            post(job_request(job, "cancel"))
            raise
    return reply


def _news(job: str) -> Conversation:
    """What became of a job. A shared engine outlives a server, and its jobs do."""
    lost: ServerDied | _EngineEnded | None = None
    try:
        reply = yield job_request(job, "wait")
        _check_engine(reply)
    except (ServerDied, _EngineEnded) as ended:
        lost = ended
        reply = yield job_request(job, "wait")
        _check_engine(reply)
    if job_with(reply, "interrupted") is not None:
        cancelled = Cancelled(str(reply["structuredContent"].get("message", "the job was interrupted")))
        raise lost or (_EngineEnded(cancelled) if _JOB_LOST in str(cancelled) else cancelled)
    return reply


def _check_engine(reply: Answer) -> None:
    """:raises _EngineEnded: the reply tells of that."""
    fields = reply.get("structuredContent")
    if reply.get("isError") and isinstance(fields, dict) and fields.get("code") == Unavailable.code:
        message = str(fields.get("message"))
        if message.startswith(_ENGINE_ENDED):
            raise _EngineEnded(Unavailable(message))


def listing() -> Conversation:
    """All ``tools`` of a server, from every page of its list."""
    tools: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    while True:
        answer = yield request("tools/list", page)
        tools += answer.get("tools", [])
        if not answer.get("nextCursor"):
            return {"tools": tools}
        page = {"cursor": answer["nextCursor"]}


def converse(conversation: Conversation, ask: Callable[[Request], Answer]) -> Answer:
    """Hold a conversation on this thread."""
    try:
        asked = next(conversation)
        while True:
            try:
                answer = ask(asked)
            except BaseException as error:
                asked = conversation.throw(error)
            else:
                asked = conversation.send(answer)
    except StopIteration as end:
        reply: Answer = end.value
        return reply


async def converse_async(conversation: Conversation, ask: Callable[[Request], Awaitable[Answer]]) -> Answer:
    """Hold a conversation on an event loop."""
    try:
        asked = next(conversation)
        while True:
            try:
                answer = await ask(asked)
            except BaseException as error:
                asked = conversation.throw(error)
            else:
                asked = conversation.send(answer)
    except StopIteration as end:
        reply: Answer = end.value
        return reply


def _says_repeatable(name: str) -> Generator[Request, Answer, bool]:
    """A plugin's tool says so itself."""
    listed = yield from listing()
    hints: Any = next((tool.get("annotations") for tool in listed["tools"] if tool.get("name") == name), None)
    return isinstance(hints, dict) and bool(hints.get("readOnlyHint") or hints.get("idempotentHint"))


def job_with(reply: Answer, status: str) -> str | None:
    """Its id, where the reply tells of a job in that state."""
    fields = reply.get("structuredContent")
    if not isinstance(fields, dict) or fields.get("status") != status:
        return None
    job = fields.get("job_id")
    return job if isinstance(job, str) else None


def job_request(job: str, action: str) -> Request:
    waiting = {"wait_s": _JOB_WAIT_S} if action == "wait" else {}
    return request("tools/call", {"name": _JOB, "arguments": {"job_id": job, "action": action, **waiting}})
