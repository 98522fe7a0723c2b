"""Which server to start, and with which options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._installed import command_on_path, installed_command
from .errors import ServerNotFound

StrPath = str | os.PathLike[str]
OneOrMore = StrPath | Iterable[StrPath]


def server_command(command: str | Sequence[str] | None, env: Mapping[str, str]) -> list[str]:
    """The server's arguments: from ``command``, ``AXONER_COMMAND``, what is installed, or PATH, whichever is first.

    :raises ServerNotFound: says what to do about it.
    """
    if command is not None and not isinstance(command, str):
        given = [os.fspath(part) for part in command]
        if not given:
            raise ServerNotFound("Bridge(command=[]) names no command; leave it out, and the server is looked for")
        return given
    chosen = env.get("AXONER_COMMAND") if command is None else command
    if chosen:
        import shlex  # here, because most programs do not need it

        return shlex.split(chosen, posix=os.name != "nt")
    return installed_command("mcp-server.js", env) or [*command_on_path(env), "mcp"]


def option_flags(
    *,
    root: OneOrMore | None = None,
    workspace: StrPath | None = None,
    allow_write: OneOrMore | None = None,
    allow_private: str | Iterable[str] | None = None,
    tools: str | Iterable[str] | None = None,
    plugin: OneOrMore | None = None,
    others: Mapping[str, Any] | None = None,
) -> list[str]:
    """The options as flags, ``others`` by their names.

    Paths become absolute: a server that is started again later must mean the same ones.
    """
    flags: list[str] = []
    for flag, paths in (
        ("--root", root),
        ("--workspace", workspace),
        ("--allow-write", allow_write),
        ("--plugin", plugin),
    ):
        for path in _each(paths):
            flags += [flag, os.path.abspath(os.path.expanduser(os.fspath(path)))]
    for host in _each(allow_private):
        flags += ["--allow-private", os.fspath(host)]
    if tools is not None:
        flags += ["--tools", ",".join(os.fspath(tool) for tool in _each(tools))]
    for name, value in (others or {}).items():
        flags += _option(f"--{name.replace('_', '-')}", value)
    return flags


def _option(flag: str, value: Any) -> list[str]:
    """A list gives the flag once for each of its items; ``True`` the flag alone, ``False`` and ``None`` nothing."""
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in _option(flag, item)]
    return [flag, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]


def _each(values: OneOrMore | None) -> Iterable[StrPath]:
    if values is None:
        return ()
    return (values,) if isinstance(values, (str, os.PathLike)) else values
