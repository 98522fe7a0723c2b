"""The bridge for event loops: every tool is a coroutine, and cancelling its task stops the tool."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from ._base import BridgeBase, given_arguments, on_progress
from ._call import CallEvent, Deadline, OnEvent, answer_of
from ._connection import Connection
from ._exchange import Answer, Request, converse_async, listing, tool_call
from ._generated import RESULTS
from ._generated_async import AsyncTools
from ._progress import Progress, ProgressOption, open_display
from .agent import AsyncAgentRun, ToolFunction, start
from .errors import CallTimeout
from .results import Result, ToolResult, read_reply

_T = TypeVar("_T")


class AsyncCall(Coroutine[Any, Any, _T], Generic[_T]):
    """A call that begins when it is awaited, or when its progress is iterated.

        pages = await bridge.scrape(urls)

        call = bridge.scrape(urls)
        async for update in call:
            print(update.done, update.total)
        pages = await call

    It can be given to ``asyncio.create_task``, ``gather`` and ``TaskGroup`` like any coroutine.
    """

    def __init__(self, begin: Callable[[OnEvent | None], Coroutine[Any, Any, _T]]) -> None:
        self._begin = begin
        self._coroutine: Coroutine[Any, Any, _T] | None = None
        self._task: asyncio.Task[_T] | None = None

    def __await__(self) -> Generator[Any, Any, _T]:
        return (self._started() if self._task is None else self._task).__await__()

    def send(self, value: Any) -> Any:
        return self._started().send(value)

    def throw(self, *error: Any) -> Any:
        return self._started().throw(*error)

    def close(self) -> None:
        if self._coroutine is not None:
            self._coroutine.close()

    def cancel(self) -> None:
        """Stop a call whose progress was iterated; awaiting it then raises ``asyncio.CancelledError``."""
        if self._task is not None:
            self._task.cancel()

    async def __aiter__(self) -> AsyncGenerator[Progress, None]:
        """How far it has come, until it is done. Leaving the iteration early leaves the call running."""
        updates: asyncio.Queue[Progress | None] = asyncio.Queue()

        def on_event(event: CallEvent) -> None:
            if event.kind == "progress":
                updates.put_nowait(Progress(*event.value))

        self._task = asyncio.ensure_future(self._begin(on_event))
        self._task.add_done_callback(lambda _task: updates.put_nowait(None))
        try:
            while (update := await updates.get()) is not None:
                yield update
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    def _started(self) -> Coroutine[Any, Any, _T]:
        if self._coroutine is None:
            self._coroutine = self._begin(None)
        return self._coroutine


class AsyncBridge(BridgeBase, AsyncTools):
    """Axoner's tools, one coroutine each, over one server process on stdio.

        async with AsyncBridge(root=".") as bridge:
            pages = (await bridge.scrape(urls, progress=True)).to_polars()

    Any number of calls may be in flight, on any number of event loops. What :class:`axoner.Bridge` says of its process
    holds here too; bridges of both kinds with the same options share one.

    Its options are those of :class:`axoner._base.BridgeBase`.
    """

    def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ToolResult]:
        """Call any tool by name, a plugin's too. ``None`` stands for an argument that is not given.

        :param timeout: seconds to wait; then the call is cancelled and :class:`CallTimeout` raised. Default: no limit.
        :param progress: ``True`` shows a bar; a callable gets ``(done, total, message)`` on the event loop.
        :raises ToolError: the tool failed; the subclass says how (see :mod:`axoner.errors`).
        """
        return call_tool(self, name, arguments, timeout=timeout, progress=progress)

    def agent(
        self,
        prompt: str | None,
        *,
        tools: Iterable[ToolFunction] = (),
        only: Sequence[str] | None = None,
        session_id: str | None = None,
        model: str | None = None,
        max_turns: int | None = None,
        max_usd: float | None = None,
        output_schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        tool_timeout: float | None = None,
    ) -> AsyncAgentRun:
        """Run axoner's agent, with all tools of this bridge and functions of this program.

            def stock(sku: str) -> int:
                "How many pieces are left."
                return warehouse[sku]

            print((await bridge.agent("Do we have to order more of A-17?", tools=[stock])).text)

        :param prompt: the task. ``None`` goes on with a run of ``session_id`` that was interrupted.
        :param tools: functions that the model may call. Name, docstring and annotations are what it is told; errors
            go back to it; coroutine functions run on the loop, others on threads.
        :param only: the names of the only tools of the bridge it may use; default: all.
        :param session_id: continues that conversation, or begins it.
        :param model: in place of the bridge's, or ``provider/model``.
        :param max_turns: replies of the model, default 10.
        :param max_usd: US dollars at most.
        :param output_schema: JSON Schema of an object; the answer is ``output`` of the result.
        :param timeout: seconds for all of it; then it is cancelled and :class:`CallTimeout` raised.
        :param tool_timeout: seconds for one call of a function; the model is told, and a plain function goes on
            unheard.
        :raises TypeError: a function cannot be described to a model.
        """
        given = {
            "tools": only,
            "session_id": session_id,
            "model": model,
            "max_turns": max_turns,
            "max_usd": max_usd,
            "output_schema": output_schema,
            "tool_timeout": tool_timeout,
        }
        request, functions = start(prompt, tools, given)
        return AsyncAgentRun(self, request, functions, timeout)

    async def list_tools(self, *, timeout: float | None = 30.0) -> list[dict[str, Any]]:
        """Name, description and schemas of every tool this server offers, as MCP lists them."""
        deadline = Deadline(timeout)
        answer = await converse_async(listing(), lambda request: ask(self, request, deadline))
        tools: list[dict[str, Any]] = answer["tools"]
        return tools

    async def close(self) -> None:
        """Calls still in flight raise :class:`BridgeClosed`; the server ends with its last bridge."""
        await asyncio.to_thread(self._close)

    async def __aenter__(self) -> AsyncBridge:
        await connect(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _call(
        self,
        kind: type[Result],
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float | None,
        progress: ProgressOption,
    ) -> AsyncCall[Result]:
        async def begin(on_event: OnEvent | None) -> Result:
            return read_reply(tool, await _reply(self, tool, arguments, (timeout, progress), on_event), kind)

        return AsyncCall(begin)


def call_tool(
    bridge: BridgeBase,
    name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
    progress: ProgressOption = None,
) -> AsyncCall[ToolResult]:
    """A call of any tool of a bridge of either kind."""

    async def begin(on_event: OnEvent | None) -> ToolResult:
        reply = await _reply(bridge, name, arguments or {}, (timeout, progress), on_event)
        return read_reply(name, reply, RESULTS.get(name))

    return AsyncCall(begin)


async def _reply(
    bridge: BridgeBase,
    tool: str,
    arguments: Mapping[str, Any],
    options: tuple[float | None, ProgressOption],
    on_event: OnEvent | None,
) -> Answer:
    timeout, progress = options
    display = open_display(tool) if progress is True else None
    told = on_progress(display.update if display is not None else progress if callable(progress) else None)
    deadline = Deadline(timeout)

    def tell(event: CallEvent) -> None:
        for listener in (told, on_event):
            if listener is not None:
                listener(event)

    wanted = None if told is None and on_event is None else tell
    conversation = tool_call(tool, given_arguments(arguments), bridge._post)
    try:
        return await converse_async(conversation, lambda request: ask(bridge, request, deadline, wanted))
    finally:
        if display is not None:
            display.finish()


async def ask(bridge: BridgeBase, request: Request, deadline: Deadline, on_event: OnEvent | None = None) -> Answer:
    """One request and its answer. Whatever ends the waiting early cancels it: the time limit, a cancelled task."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[CallEvent] = asyncio.Queue()

    def deliver(event: CallEvent) -> None:
        with contextlib.suppress(RuntimeError):  # of a loop that has ended: nobody waits there
            loop.call_soon_threadsafe(events.put_nowait, event)

    connection = await _within(connect(bridge), deadline, request.method)
    call = connection.begin(
        request.method, request.params, progress=on_event is not None, deliver=deliver, owner=bridge
    )
    try:
        while True:
            event = await _within(events.get(), deadline, call.method)
            answer = answer_of(event)
            if answer is not None:
                return answer
            if on_event is not None:
                on_event(event)
    except BaseException:
        call.cancel("the caller stopped waiting")
        raise


async def connect(bridge: BridgeBase) -> Connection:
    """The running server; one that has to be started is waited for without holding up the loop."""
    server = bridge._server
    running = server.running
    return running if running is not None else await asyncio.wrap_future(server.connect_soon(bridge._start_timeout))


async def _within(waiting: Awaitable[_T], deadline: Deadline, method: str) -> _T:
    remaining = deadline.remaining()
    if remaining is None:
        return await waiting
    try:
        return await asyncio.wait_for(waiting, remaining)
    except (asyncio.TimeoutError, TimeoutError) as error:
        if isinstance(error, CallTimeout):
            raise
        raise deadline.passed(method) from None
