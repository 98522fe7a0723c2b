"""The bridge: axoner's tools as Python methods, run by a server process that is started when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._base import BridgeBase
from ._generated import RESULTS, Tools
from ._progress import ProgressOption
from .results import Result, ToolResult, read_reply

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .agent import AgentRun, ToolFunction
    from .aio import AsyncCall


class Bridge(BridgeBase, Tools):
    """Axoner's tools, one method each, over one server process on stdio.

        with Bridge(root=".") as bridge:
            pages = bridge.scrape(urls, progress=True).to_polars()

    Calls may come from any number of threads at once. The process starts with the first call, or on entering ``with``,
    and serves every bridge of this program with the same options. One that died is started again; what was in flight
    is asked once more where that is safe. A bridge survives ``os.fork``: the child gets a server of its own.

    The server ends with this program. The engine that it shares with others of its configuration stays warm for the
    next one, and ends when nothing has run for five minutes (``options={"engine_idle": "30s"}``);
    ``options={"shared_engine": "off"}`` does without.

    Its options are those of :class:`axoner._base.BridgeBase`.
    """

    def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ToolResult:
        """Call any tool by name, a plugin's too. ``None`` stands for an argument that is not given.

        :param timeout: seconds to wait, a start of the server included; then the call is cancelled and
            :class:`CallTimeout` raised. Default: no limit.
        :param progress: ``True`` shows a bar; a callable gets ``(done, total, message)`` on this thread.
        :raises ToolError: the tool failed; the subclass says how (see :mod:`axoner.errors`).
        """
        return read_reply(name, self._reply(name, arguments, timeout, progress), RESULTS.get(name))

    def submit(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> Future[ToolResult]:
        """As :meth:`call_tool`, without waiting for it; ``cancel()`` of the future stops the call."""
        from ._background import run_soon
        from .aio import call_tool

        return run_soon(call_tool(self, name, arguments, timeout=timeout))

    def await_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ToolResult]:
        """As :meth:`call_tool`, for any event loop, which goes on meanwhile. Cancelling the task cancels the call.

        :class:`axoner.AsyncBridge` has all tools like this.
        """
        from .aio import call_tool

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
    ) -> AgentRun:
        """Run axoner's agent, with all tools of this bridge and functions of this program.

            def stock(sku: str) -> int:
                "How many pieces are left."
                return warehouse[sku]

            print(bridge.agent("Do we have to order more of A-17?", tools=[stock]).result().text)

        :param prompt: the task. ``None`` goes on with a run of ``session_id`` that was interrupted.
        :param tools: functions that the model may call. Name, docstring and annotations are what it is told; errors
            go back to it; they run on threads of their own, several at once.
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
        from ._call import Deadline
        from .agent import AgentRun, start

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
        return AgentRun(self, request, functions, Deadline(timeout))

    def list_tools(self, *, timeout: float | None = 30.0) -> list[dict[str, Any]]:
        """Name, description and schemas of every tool this server offers, as MCP lists them."""
        from ._call import Deadline
        from ._exchange import converse, listing

        deadline = Deadline(timeout)
        tools: list[dict[str, Any]] = converse(listing(), lambda request: self._ask(request, deadline))["tools"]
        return tools

    def close(self) -> None:
        """Calls still in flight on other threads raise :class:`BridgeClosed`; the server ends with its last bridge.

        May be called twice. A shared engine stays for its idle time.
        """
        self._close()

    def __enter__(self) -> Bridge:
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(
        self,
        kind: type[Result],
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float | None,
        progress: ProgressOption,
    ) -> Result:
        return read_reply(tool, self._reply(tool, arguments, timeout, progress), kind)
