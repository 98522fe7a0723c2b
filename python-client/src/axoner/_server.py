"""The servers of this process: one for each configuration, shared by all bridges that have it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._version import __version__
from .errors import BridgeClosed, ConfigError, ServerDied

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ._connection import Connection

#: The exit code of a server that was started with options, or an environment, that it does not take.
_REFUSED = 2

_Key = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


class Server:
    """A server process that is started by the first call, and again by the next where it has ended."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.command = list(command)
        self.env = dict(env)
        self.holders = 0
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._starting: Future[Connection] | None = None
        self._greeted: Connection | None = None
        self._closed = False

    @property
    def running(self) -> Connection | None:
        """The process, where one runs. Never waits."""
        connection = self._connection
        return connection if connection is not None and connection.alive else None

    def connect(self, timeout: float) -> Connection:
        """The running process, started if there is none.

        :param timeout: seconds it has to start.
        """
        with self._lock:
            if self._closed:
                raise BridgeClosed("the bridge is closed; make a new one")
            running = self.running
            if running is None:
                running = self._connection = self._start(timeout)
            return running

    def connect_soon(self, timeout: float) -> Future[Connection]:
        """As :meth:`connect`, on a thread, which is one however many ask for it."""
        from concurrent.futures import Future  # here: it takes longer to import than all of the package

        with _registry:
            if self._starting is None or self._starting.done():
                self._starting = Future()
                self._starting.set_running_or_notify_cancel()
                arguments = (self._starting, timeout)
                threading.Thread(target=self._settle, args=arguments, name="axoner-start", daemon=True).start()
            return self._starting

    def close(self) -> None:
        """End the process, one too that is about to start; returns when it is gone."""
        self._closed = True
        greeted = self._greeted
        if greeted is not None:
            greeted.close()
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close_input(self) -> None:
        """Let the process end by itself, without waiting for it or for a lock."""
        self._closed = True
        connection = self._connection
        if connection is not None:
            connection.close_input()

    def forget(self) -> None:
        """In a forked child: the parent's process, its threads, which are not here, and their locks are not ours."""
        self._lock = threading.Lock()
        self._starting = None
        greeted, self._greeted = self._greeted, None
        if greeted is not None:
            greeted.abandon()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abandon()

    def _settle(self, starting: Future[Connection], timeout: float) -> None:
        try:
            starting.set_result(self.connect(timeout))
        except BaseException as error:
            starting.set_exception(error)

    def _start(self, timeout: float) -> Connection:
        from ._connection import Connection  # here: processes and JSON are most of the package's import time

        connection = self._greeted = Connection(self.command, self.env)
        try:
            if self._closed:
                raise BridgeClosed("the bridge was closed meanwhile")
            self.capabilities = connection.handshake({"name": "axoner-python", "version": __version__}, timeout)
        except ServerDied as died:
            connection.close()
            if died.returncode == _REFUSED:
                raise ConfigError(died.stderr or str(died)) from None
            raise
        except BaseException:
            connection.close()
            raise
        finally:
            self._greeted = None
        return connection

    #: What the server said of itself when it started.
    capabilities: dict[str, Any]


def hold(command: Sequence[str], env: Mapping[str, str]) -> Server:
    """The server of a configuration, for one more holder, who owes a :func:`let_go`."""
    key = _key(command, env)
    with _registry:
        server = _servers.get(key)
        if server is None:
            server = _servers[key] = Server(command, env)
        server.holders += 1
        return server


def let_go(server: Server) -> bool:
    """One holder less. True for the last, who has to close it."""
    with _registry:
        server.holders -= 1
        if server.holders > 0:
            return False
        key = _key(server.command, server.env)
        if _servers.get(key) is server:
            del _servers[key]
        return True


def close_all() -> None:
    for server in list(_servers.values()):
        server.close()


def _key(command: Sequence[str], env: Mapping[str, str]) -> _Key:
    return tuple(command), tuple(sorted(env.items()))


def _forget_all() -> None:
    global _registry
    _registry = threading.RLock()
    for server in _servers.values():
        server.forget()


_servers: dict[_Key, Server] = {}
# Taken again by the same thread where the garbage of a bridge is collected while it holds it.
_registry = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
