"""Runs of the agent: their events as they happen, their result, and the program's own functions as tools."""

from __future__ import annotations

import asyncio
import math
import queue
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from ._call import CallEvent, Deadline
from ._exchange import Request, request
from ._function_calls import LoopTools, ThreadTools
from ._functions import FunctionTool, function_tools
from ._generated import RunAgentResult
from .errors import CallTimeout, Cancelled, ServerDied, tool_error
from .results import ToolResult, read_reply

if TYPE_CHECKING:
    from ._base import BridgeBase
    from ._call import PendingCall

METHOD = "axoner/run_agent"
_EVENT = "notifications/axoner/agent_event"

#: A function with annotated parameters; a coroutine function too.
ToolFunction = Callable[..., Any]


class AgentEvent(ToolResult):
    """Something that happened in a run. ``type`` says what, and which of the other attributes are not ``None``.

    - ``turn_started``: ``turn``, ``session_id``
    - ``text``, ``reasoning``: ``text``, more of what the model says or thinks
    - ``model_replied``: ``turn``, ``stop_reason``, ``usage``, ``provider``, ``model``
    - ``tool_started``: ``name``, ``call_id``, ``input``
    - ``tool_progress``: ``name``, ``call_id``, ``done``, ``total``, ``message``
    - ``tool_finished``: ``name``, ``call_id``, ``ok``, ``text`` (what the model was told), ``elapsed_ms``
    - ``compacted``: ``messages``, which a summary stands for from now on
    - ``run_finished``: what :class:`AgentResult` has
    """

    type: Literal[
        "turn_started",
        "text",
        "reasoning",
        "model_replied",
        "tool_started",
        "tool_progress",
        "tool_finished",
        "compacted",
        "run_finished",
    ]
    turn: int
    session_id: str
    text: str
    stop_reason: str
    usage: dict[str, int]
    provider: str
    model: str
    fallback_reason: str
    name: str
    call_id: str
    input: Any
    done: float
    total: float
    message: str
    ok: bool
    elapsed_ms: int
    messages: int
    exit_reason: str
    turns: int
    tool_calls: int
    cost_usd: float
    output: dict[str, Any]
    error: dict[str, Any]


class AgentResult(RunAgentResult):
    """How a run ended.

    ``exit_reason`` is ``finished``, a limit (``max_turns``, ``max_usd``, ``max_tokens``, ``max_time``, ``repeating``),
    ``refused`` or ``cancelled``; ``usage`` counts tokens, sub-agents' included; ``cost_usd`` is ``None`` where the
    model's price is not known; ``output`` is the answer that fits an ``output_schema``, else
    ``None``; so is ``error`` of a result that is returned: a run that failed raises its own.
    """

    error: dict[str, Any] | None


def run_request(
    prompt: str | None,
    tools: Mapping[str, FunctionTool],
    options: Mapping[str, Any],
    tool_timeout: float | None,
) -> Request:
    """What is asked for, with what was left out left out."""
    given = {name: value for name, value in {"prompt": prompt, **options}.items() if value is not None}
    own = [tool.definition(tool_timeout) for tool in tools.values()]
    return request(METHOD, {**given, "client_tools": own})


class AgentRun(Iterator[AgentEvent]):
    """A run that has begun: an iterator of its events.

        for event in bridge.agent("Which supplier is best?"):
            if event.type == "text":
                print(event.text, end="")

        print(bridge.agent("Which supplier is best?").result().text)

    It goes on whether or not its events are read. ``with`` cancels it on the way out; so does forgetting it.
    """

    def __init__(self, bridge: BridgeBase, request: Request, tools: Mapping[str, FunctionTool], deadline: Deadline):
        connection = bridge._connect_within(deadline, "the agent")
        self._inbox: queue.SimpleQueue[CallEvent] = queue.SimpleQueue()
        self._deadline = deadline
        self._tools = ThreadTools(connection, tools, self._inbox.put)
        self._call = connection.begin(request.method, request.params, deliver=self._tools, owner=bridge)
        self._result: AgentResult | None = None
        self._error: BaseException | None = None

    def __next__(self) -> AgentEvent:
        if self._result is not None or self._error is not None:
            raise StopIteration
        try:
            event = self._next_event()
        except BaseException as error:
            self._error = error
            self.cancel()
            raise
        if isinstance(event, AgentEvent):
            return event
        self._result = event
        raise StopIteration

    def result(self) -> AgentResult:
        """Wait for the end.

        :raises ToolError: the run failed; the subclass says how. A limit that was reached is a result.
        :raises CallTimeout: ``timeout`` passed; the run was cancelled.
        """
        for _event in self:
            pass
        if self._result is None:
            assert self._error is not None
            raise self._error
        return _checked(self._result)

    def cancel(self) -> None:
        """Stop the run. What it has done until then is in its session."""
        self._call.cancel("cancelled by the caller")
        self._tools.cancel()
        self._inbox.put(CallEvent("cancelled", None))

    def __enter__(self) -> AgentRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()

    def __del__(self) -> None:
        if hasattr(self, "_call"):
            self._call.cancel("forgotten by the caller")
            self._tools.cancel()

    def _next_event(self) -> AgentEvent | AgentResult:
        while True:
            try:
                event = self._inbox.get(timeout=self._deadline.remaining())
            except queue.Empty:
                raise self._deadline.passed("the agent") from None
            if event.kind == "cancelled":
                raise Cancelled("the run was cancelled")
            read = _read(event)
            if read is not None:
                return read


class AsyncAgentRun(AsyncIterator[AgentEvent]):
    """A run on an event loop, which begins when it is first iterated or awaited.

        async for event in bridge.agent("Which supplier is best?"):
            print(event.type)

        result = await bridge.agent("Which supplier is best?")

    Coroutine functions among its tools run on the loop, others on threads.
    """

    def __init__(self, bridge: BridgeBase, request: Request, tools: Mapping[str, FunctionTool], timeout: float | None):
        self._bridge = bridge
        self._request = request
        self._tools = tools
        self._timeout = timeout
        self._inbox: asyncio.Queue[CallEvent] = asyncio.Queue()
        self._calls: dict[Any, asyncio.Task[None]] = {}
        self._call: PendingCall | None = None
        self._result: AgentResult | None = None
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Any, Any, AgentResult]:
        return self.result().__await__()

    async def result(self) -> AgentResult:
        """Wait for the end; raises what :meth:`AgentRun.result` does. Cancelling the task cancels the run."""
        async for _event in self:
            pass
        if self._result is None:
            assert self._error is not None
            raise self._error
        return _checked(self._result)

    async def __anext__(self) -> AgentEvent:
        if self._result is not None or self._error is not None:
            raise StopAsyncIteration
        try:
            event = await self._next_event()
        except BaseException as error:
            self._error = error
            self._stop("the caller stopped waiting")
            raise
        if isinstance(event, AgentEvent):
            return event
        self._result = event
        raise StopAsyncIteration

    def cancel(self) -> None:
        """Stop the run; whoever awaits it gets ``asyncio.CancelledError``."""
        self._stop("cancelled by the caller")
        self._inbox.put_nowait(CallEvent("cancelled", None))

    async def __aenter__(self) -> AsyncAgentRun:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop("left by the caller")

    def __del__(self) -> None:
        call = getattr(self, "_call", None)
        if call is not None:
            call.cancel("forgotten by the caller")

    async def _next_event(self) -> AgentEvent | AgentResult:
        if self._call is None:
            self._deadline = Deadline(self._timeout)
            await self._begin()
        while True:
            try:
                event = await asyncio.wait_for(self._inbox.get(), self._deadline.remaining())
            except (asyncio.TimeoutError, TimeoutError) as error:
                raise error if isinstance(error, CallTimeout) else self._deadline.passed("the agent") from None
            if event.kind == "cancelled":
                raise asyncio.CancelledError
            read = _read(event)
            if read is not None:
                return read

    async def _begin(self) -> None:
        from .aio import connect

        connection = await connect(self._bridge)
        deliver = LoopTools(connection, self._tools, self._inbox, self._calls)
        self._call = connection.begin(self._request.method, self._request.params, deliver=deliver, owner=self._bridge)

    def _stop(self, reason: str) -> None:
        if self._call is not None:
            self._call.cancel(reason)
        for task in self._calls.values():
            task.cancel()


def start(
    prompt: str | None, functions: Iterable[ToolFunction], given: Mapping[str, Any]
) -> tuple[Request, dict[str, FunctionTool]]:
    """The request of a run, and the functions that it may call."""
    options = dict(given)
    tools = function_tools(functions)
    tool_timeout = options.pop("tool_timeout", None)
    if tool_timeout is not None and math.isnan(tool_timeout):
        raise ValueError("tool_timeout is not a number; give seconds, or None for no limit")
    return run_request(prompt, tools, options, tool_timeout), tools


def _read(event: CallEvent) -> AgentEvent | AgentResult | None:
    if event.kind == "error":
        error = event.value
        raise error.during("a run of the agent") if isinstance(error, ServerDied) else error
    if event.kind == "result":
        return read_reply("run_agent", event.value, AgentResult)
    if event.kind == _EVENT:
        return AgentEvent(event.value["params"]["event"])
    return None


def _checked(result: AgentResult) -> AgentResult:
    error = result.get("error")
    if isinstance(error, dict):
        raise tool_error(
            str(error.get("code")), f"{error.get('message')}; session {result.session_id} holds what was done"
        )
    return result
