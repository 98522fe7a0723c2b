"""The calls that the agent's model makes of this program's functions: on threads, or on an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ._call import CallEvent
from ._functions import FunctionTool, error_answer, value_answer

if TYPE_CHECKING:
    from ._connection import Connection

_CALL = "axoner/call_tool"
_CANCELLED = "notifications/cancelled"


class ThreadTools:
    """Takes what happens to a run, and runs the functions it calls on threads of their own."""

    def __init__(
        self, connection: Connection, tools: Mapping[str, FunctionTool], forward: Callable[[CallEvent], object]
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._forward = forward
        self._context = contextvars.copy_context()
        self._cancels: dict[Any, Callable[[], object]] = {}

    def __call__(self, event: CallEvent) -> None:
        if event.kind == _CALL:
            threading.Thread(target=self._run, args=(event.value,), name="axoner-tool", daemon=True).start()
        elif event.kind == _CANCELLED:
            cancel = self._cancels.pop(event.value["params"].get("requestId"), None)
            if cancel is not None:
                cancel()
        else:
            self._forward(event)

    def cancel(self) -> None:
        """Stop the coroutine functions that run; what others return is not heard any more."""
        for cancel in list(self._cancels.values()):
            cancel()

    def _run(self, message: Mapping[str, Any]) -> None:
        id, params = message["id"], message["params"]
        tool = self._tools[params["name"]]
        try:
            given = tool.bind(params["arguments"])
            call = self._context.copy().run
            value = call(self._run_async, id, tool, given) if tool.is_async else call(tool.function, **given)
            answer = value_answer(tool, value)
        except asyncio.CancelledError:
            return  # as the agent wished
        except BaseException as error:
            answer = error_answer(tool, error)
        self._connection.respond(id, answer)

    def _run_async(self, id: Any, tool: FunctionTool, given: Mapping[str, Any]) -> Any:
        async def main() -> Any:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None
            self._cancels[id] = lambda: loop.call_soon_threadsafe(task.cancel)
            try:
                return await tool.function(**given)
            finally:
                self._cancels.pop(id, None)

        return asyncio.run(main())


class LoopTools:
    """Takes what happens to a run to its loop, and runs the functions it calls there."""

    def __init__(
        self,
        connection: Connection,
        tools: Mapping[str, FunctionTool],
        inbox: asyncio.Queue[CallEvent],
        calls: dict[Any, asyncio.Task[None]],
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._inbox = inbox
        self._calls = calls
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()

    def __call__(self, event: CallEvent) -> None:
        with contextlib.suppress(RuntimeError):  # of a loop that has ended: nobody waits there
            self._loop.call_soon_threadsafe(self._take, event, context=self._context)

    def _take(self, event: CallEvent) -> None:
        if event.kind == _CALL:
            id = event.value["id"]
            self._calls[id] = asyncio.ensure_future(self._run(id, event.value["params"]))
            self._calls[id].add_done_callback(lambda _task: self._calls.pop(id, None))
        elif event.kind == _CANCELLED:
            task = self._calls.get(event.value["params"].get("requestId"))
            if task is not None:
                task.cancel()
        else:
            self._inbox.put_nowait(event)

    async def _run(self, id: Any, params: Mapping[str, Any]) -> None:
        tool = self._tools[params["name"]]
        try:
            given = tool.bind(params["arguments"])
            running = tool.function(**given) if tool.is_async else _on_thread(tool.function, given)
            answer = value_answer(tool, await running)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            answer = error_answer(tool, error)
        self._connection.respond(id, answer)


async def _on_thread(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """As ``asyncio.to_thread``, on a thread whose end neither the loop nor the program waits for when it ends."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    call = contextvars.copy_context().run

    def settle(value: Any, error: BaseException | None) -> None:
        if not outcome.done():
            outcome.set_result((value, error))

    def run() -> None:
        try:
            told: tuple[Any, BaseException | None] = (call(function, **given), None)
        except BaseException as error:
            told = (None, error)
        with contextlib.suppress(RuntimeError):  # of a loop that has ended: nobody waits there
            loop.call_soon_threadsafe(settle, *told)

    threading.Thread(target=run, name="axoner-tool", daemon=True).start()
    value, error = await outcome
    if error is not None:
        raise error
    return value
