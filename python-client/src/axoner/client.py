"""The bridge: axoner's tools as Python methods, run by a server process that the bridge starts and ends."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._command import OneOrMore, StrPath, option_flags, server_command
from ._generated import RESULTS, Tools
from ._progress import ProgressLine, ProgressOption
from ._version import __version__
from ._waiting import Waiters
from .errors import BridgeClosed
from .results import Result, ToolResult, read_reply

if TYPE_CHECKING:
    from ._connection import Connection, PendingCall

_START_TIMEOUT_S = 30.0


class Bridge(Tools):
    """Axoner's tools, one method each, over one server process on stdio.

        with Bridge(root=".") as bridge:
            pages = bridge.scrape(urls, progress=True).to_polars()

    Calls may come from several threads at once. The process starts with the first call, or on entering ``with``;
    one that died is started again by the next call. A bridge survives ``os.fork``: the child gets a server of its own.

    :param root: folder or folders that files may be read from; default: the current folder.
    :param workspace: where datasets and outputs are written; default: ``.axoner`` in the first root.
    :param allow_write: further folders that tools may write to.
    :param allow_private: hosts, addresses or networks (``HOST|CIDR[:PORT]``) that may be reached though not public.
    :param tools: offer only these tools.
    :param plugin: module or modules with tools of your own, made with ``defineTool``.
    :param log_level: ``silent``, ``error``, ``warn`` (default), ``info`` or ``debug``; the log goes to stderr.
    :param env: variables for the server besides those of this process, e.g. keys.
    :param command: the server's command, when it should not be looked for.
    :param start_timeout: seconds the server has to start.
    :raises ServerNotFound: no server command was found.
    """

    def __init__(
        self,
        *,
        root: OneOrMore | None = None,
        workspace: StrPath | None = None,
        allow_write: OneOrMore | None = None,
        allow_private: str | Iterable[str] | None = None,
        tools: str | Iterable[str] | None = None,
        plugin: OneOrMore | None = None,
        log_level: str | None = None,
        env: Mapping[str, str] | None = None,
        command: str | Sequence[str] | None = None,
        start_timeout: float = _START_TIMEOUT_S,
    ) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False
        self._waiters = Waiters()
        self._start_timeout = start_timeout
        # A method waits for its result, however long that takes: it has no use for the id of a job.
        self._env = {"AXONER_ANSWER_WITHIN": "0", **os.environ, **(env or {})}
        self._command = server_command(command, self._env) + option_flags(
            root=root,
            workspace=workspace,
            allow_write=allow_write,
            allow_private=allow_private,
            tools=tools,
            plugin=plugin,
            log_level=log_level,
        )
        _bridges.add(self)

    @property
    def command(self) -> list[str]:
        """The server's argument list, to register the same server elsewhere."""
        return list(self._command)

    def call_tool(
        self,
        name: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ToolResult:
        """Call any tool by name, a plugin's too. ``None`` stands for an argument that is not given.

        :param timeout: seconds to wait; then the call is cancelled and :class:`CallTimeout` raised. Default: no limit.
        :param progress: ``True`` prints a line to stderr; a callable gets ``(done, total, message)`` on this thread.
        :raises ToolError: the tool failed; the subclass says how (see :mod:`axoner.errors`).
        """
        reply = self._reply(name, arguments or {}, timeout, progress)
        return read_reply(name, reply, RESULTS.get(name))

    async def await_tool(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, timeout: float | None = None
    ) -> ToolResult:
        """As :meth:`call_tool`, for an event loop, which goes on meanwhile. Cancelling the task cancels the call.

        At most 64 calls are awaited at once; further ones begin as these end. ``timeout`` counts from the call's begin.
        """
        reply = await self._waiters.reply(lambda: self.begin_call(name, arguments), timeout)
        return read_reply(name, reply, RESULTS.get(name))

    def begin_call(
        self, name: str, arguments: Mapping[str, Any] | None = None, *, want_progress: bool = False
    ) -> PendingCall:
        """Send a call without waiting for it: for adapters that wait elsewhere or cancel from another thread."""
        given = {key: value for key, value in (arguments or {}).items() if value is not None}
        return self._live().begin("tools/call", {"name": name, "arguments": given}, want_progress)

    def list_tools(self, *, timeout: float | None = 30.0) -> list[dict[str, Any]]:
        """Name, description and schemas of every tool this server offers, as MCP lists them."""
        tools: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._live().begin("tools/list", page).result(timeout)
            tools += answer.get("tools", [])
            if not answer.get("nextCursor"):
                return tools
            page = {"cursor": answer["nextCursor"]}

    def close(self) -> None:
        """End the server. Calls still in flight on other threads raise :class:`BridgeClosed`. May be called twice."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
        self._waiters.close()
        if connection is not None:
            connection.close()

    def __enter__(self) -> Bridge:
        self._live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close_input()

    def __repr__(self) -> str:
        state = (
            "closed" if self._closed else "running" if self._connection and self._connection.alive else "not running"
        )
        return f"<axoner.Bridge {state}: {' '.join(self._command)}>"

    def _call(
        self,
        kind: type[Result],
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float | None,
        progress: ProgressOption,
    ) -> Result:
        return read_reply(tool, self._reply(tool, arguments, timeout, progress), kind)

    def _reply(
        self, tool: str, arguments: Mapping[str, Any], timeout: float | None, progress: ProgressOption
    ) -> dict[str, Any]:
        line = ProgressLine(tool) if progress is True else None
        callback = line.update if line is not None else progress if callable(progress) else None
        try:
            call = self.begin_call(tool, arguments, want_progress=callback is not None)
            return call.result(timeout, callback)
        finally:
            if line is not None:
                line.finish()

    def _live(self) -> Connection:
        """The running server, started if there is none."""
        with self._lock:
            if self._closed:
                raise BridgeClosed("the bridge is closed; make a new Bridge")
            if self._connection is None or not self._connection.alive:
                self._connection = self._start()
            return self._connection

    def _start(self) -> Connection:
        from ._connection import Connection  # here: processes and JSON are most of the package's import time

        connection = Connection(self._command, self._env)
        try:
            connection.handshake({"name": "axoner-python", "version": __version__}, self._start_timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _forget_connection(self) -> None:
        """In a forked child: the parent's server, its threads, which are not here, and their locks are not ours."""
        self._lock = threading.Lock()
        self._waiters = Waiters()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abandon()


_bridges: weakref.WeakSet[Bridge] = weakref.WeakSet()


def _close_all() -> None:
    for bridge in list(_bridges):
        bridge.close()


def _forget_all() -> None:
    for bridge in list(_bridges):
        bridge._forget_connection()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
