"""What the two bridges share: the options, and the hold on a server."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._command import OneOrMore, StrPath, option_flags, server_command
from ._progress import ProgressOption, open_display
from ._server import Server, close_all, hold, let_go
from .errors import BridgeClosed, InvalidInput

if TYPE_CHECKING:
    from ._call import Deadline, OnEvent
    from ._connection import Connection
    from ._exchange import Answer, Request

START_TIMEOUT_S = 30.0


class BridgeBase:
    """The options and the server of a bridge.

    :param root: folder or folders that files may be read from; default: the current folder.
    :param workspace: where datasets and outputs are written; default: ``.axoner`` in the first root.
    :param allow_write: further folders that tools may write to.
    :param allow_private: hosts, addresses or networks (``HOST|CIDR[:PORT]``) that may be reached though not public.
    :param tools: offer only these tools.
    :param plugin: module or modules with tools of your own, made with ``defineTool``.
    :param provider: the agent's model service, e.g. ``anthropic``, ``openai`` or ``groq``; its key is in ``env`` or in
        the environment.
    :param model: the agent's model.
    :param log_level: ``silent``, ``error``, ``warn`` (default), ``info`` or ``debug``; its log goes to the logger
        ``axoner.server``.
    :param options: further options of ``axoner``, by name: ``{"max_usd": 0.5, "base_url": "…"}``.
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
        provider: str | None = None,
        model: str | None = None,
        log_level: str | None = None,
        options: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        command: str | Sequence[str] | None = None,
        start_timeout: float = START_TIMEOUT_S,
    ) -> None:
        self._held: list[Server] = []
        # A method waits for its result, however long that takes: it has no use for the id of a job.
        environment = {"AXONER_ANSWER_WITHIN": "0", **os.environ, **(env or {})}
        flags = option_flags(
            root=root,
            workspace=workspace,
            allow_write=allow_write,
            plugin=plugin,
            allow_private=allow_private,
            tools=tools,
            others={"provider": provider, "model": model, "log_level": log_level, **(options or {})},
        )
        self._hold(server_command(command, environment) + flags, environment, start_timeout)

    @property
    def command(self) -> list[str]:
        """The server's argument list, to register the same server elsewhere."""
        return list(self._command)

    def __getstate__(self) -> dict[str, Any]:
        """A bridge can be sent to another process, which runs a server of its own."""
        own = {name: value for name, value in self._env.items() if os.environ.get(name) != value}
        return {"command": self._command, "env": own, "start_timeout": self._start_timeout}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._held = []
        self._hold(state["command"], {**os.environ, **state["env"]}, state["start_timeout"])

    def __repr__(self) -> str:
        server = self._held[0] if self._held else None
        state = "closed" if server is None else "running" if server.running else "not running"
        return f"<axoner.{type(self).__name__} {state}: {' '.join(self._command)}>"

    def __del__(self) -> None:
        server = self._release() if hasattr(self, "_held") else None
        if server is not None:
            server.close_input()

    def _hold(self, command: Sequence[str], env: Mapping[str, str], start_timeout: float) -> None:
        self._command = list(command)
        self._env = dict(env)
        self._start_timeout = start_timeout
        self._held.append(hold(self._command, self._env))

    @property
    def _server(self) -> Server:
        try:
            return self._held[0]
        except IndexError:
            raise BridgeClosed("the bridge is closed; make a new one") from None

    @property
    def _connection(self) -> Connection | None:
        """The running process, if one runs."""
        return self._held[0].running if self._held else None

    @property
    def _gives_jobs(self) -> bool:
        """Whether a long call may be answered with the id of a job."""
        told = any(part.split("=")[0] == "--answer-within" for part in self._command)
        return told or self._env.get("AXONER_ANSWER_WITHIN", "0").rstrip("ms") != "0"

    def _connect(self) -> Connection:
        return self._server.connect(self._start_timeout)

    def _connect_within(self, deadline: Deadline, method: str) -> Connection:
        """The running server. A start that takes longer than the call may goes on for the next one.

        :raises CallTimeout: the deadline has passed.
        """
        server = self._server
        running, remaining = server.running, deadline.remaining()
        if running is not None or remaining is None:
            return running or self._connect()
        from concurrent import futures

        starting = server.connect_soon(self._start_timeout)
        if starting not in futures.wait((starting,), remaining).done:
            raise deadline.passed(method)
        return starting.result()

    def _close(self) -> None:
        server = self._held[0] if self._held else None
        connection = server.running if server is not None else None
        if connection is not None:
            connection.drop(self)
        last = self._release()
        if last is not None:
            last.close()

    def _release(self) -> Server | None:
        """Let go of the server, once. It is returned to whoever has to end it."""
        try:
            server = self._held.pop()
        except IndexError:
            return None
        return server if let_go(server) else None

    def _post(self, request: Request) -> None:
        """Send a request whose answer nobody waits for, where there is a server to send it to."""
        connection = self._connection
        if connection is not None:
            connection.post(request.method, request.params)

    def _reply(
        self, tool: str, arguments: Mapping[str, Any] | None, timeout: float | None, progress: ProgressOption
    ) -> Answer:
        """A tool's reply, waited for on this thread."""
        from ._call import Deadline
        from ._exchange import converse, tool_call

        conversation = tool_call(tool, given_arguments(arguments), self._post)
        display = open_display(tool) if progress is True else None
        callback = display.update if display is not None else progress if callable(progress) else None
        try:
            deadline, on_event = Deadline(timeout), on_progress(callback)
            return converse(conversation, lambda request: self._ask(request, deadline, on_event))
        finally:
            if display is not None:
                display.finish()

    def _ask(self, request: Request, deadline: Deadline, on_event: OnEvent | None = None) -> Answer:
        connection = self._connect_within(deadline, request.method)
        call = connection.begin(request.method, request.params, progress=on_event is not None, owner=self)
        return call.result(deadline, on_event)


def given_arguments(arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    """``None`` stands for an argument that is not given.

    :raises InvalidInput: they have no names.
    """
    if arguments is not None and not isinstance(arguments, Mapping):
        kind = type(arguments).__name__
        raise InvalidInput(
            f'the arguments of a tool are a dictionary by name, e.g. {{"expression": "1+1"}}; not a {kind}'
        )
    return {name: value for name, value in (arguments or {}).items() if value is not None}


def on_progress(callback: Any) -> OnEvent | None:
    """Hands the progress among a call's events to a callback."""
    if callback is None:
        return None

    def on_event(event: Any) -> None:
        if event.kind == "progress":
            callback(*event.value)

    return on_event


atexit.register(close_all)
