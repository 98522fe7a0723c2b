"""The server as the frameworks' own MCP clients are told of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from ._base import START_TIMEOUT_S

CALL_TIMEOUT_S = 300.0


def mcp_config(
    framework: str, *, timeout: float = CALL_TIMEOUT_S, start_timeout: float = START_TIMEOUT_S, **options: Any
) -> dict[str, Any]:
    """The arguments of a framework's MCP client that start axoner over stdio, with time limits that suit it.

        MCPServerStdio(**mcp_config("openai-agents", root="."))

    ==================  ==============================================================
    ``framework``       is for
    ==================  ==============================================================
    ``claude-desktop``  the content of ``claude_desktop_config.json``, and of its like
    ``crewai``          ``crewai_tools.MCPServerAdapter(**…)``
    ``fastmcp``         ``fastmcp.Client(**…)``
    ``langchain``       ``MultiServerMCPClient(…)``: one positional argument; ``langgraph`` is the same
    ``llama-index``     ``llama_index.tools.mcp.BasicMCPClient(**…)``
    ``mcp``             ``mcp.StdioServerParameters(**…)``
    ``openai-agents``   ``agents.mcp.MCPServerStdio(**…)``
    ``pydantic-ai``     ``pydantic_ai.mcp.MCPToolset(**…)``
    ``smolagents``      ``smolagents.MCPClient(**…)``
    ``strands``         ``strands.tools.mcp.MCPClient(**…)``
    ==================  ==============================================================

    :param timeout: seconds for one call, where the client can be told; what takes nine tenths of it, or 25 to 50 s
        where the client has a limit of its own or none, is answered with a job id.
    :param start_timeout: seconds the server has to start, where the client can be told.
    :param options: those of :class:`Bridge`. Of the environment, a server started so sees little more than PATH and
        HOME: keys go into ``env``.
    :raises ValueError: there is no such framework.
    :raises ServerNotFound: no server command was found.
    :raises ImportError: the framework, whose own objects are among its arguments, is not installed.
    """
    name = framework.lower().replace("_", "-")
    name = _ALIASES.get(name, name)
    if name not in _CONFIGS:
        raise ValueError(f"there are no settings for {framework!r}; there are for {', '.join(sorted(_CONFIGS))}")
    from .client import Bridge

    with Bridge(**options) as bridge:  # starts no server
        program, *arguments = bridge.command
    if "--answer-within" not in arguments:
        arguments += ["--answer-within", _answer_within(name, timeout)]
    return _CONFIGS[name](_Start(program, arguments, dict(options.get("env") or {}), timeout, start_timeout))


def _answer_within(name: str, timeout: float) -> str:
    """When a call is answered with a job id: before its client gives up."""
    if name in _UNTOLD:
        return _UNTOLD[name]
    return f"{round(timeout * 0.9 * 1000)}ms"


class _Start(NamedTuple):
    command: str
    args: list[str]
    env: dict[str, str]
    timeout: float
    start_timeout: float

    def stdio(self) -> dict[str, Any]:
        started = {"command": self.command, "args": self.args}
        return {**started, "env": self.env} if self.env else started


def _claude_desktop(start: _Start) -> dict[str, Any]:
    return {"mcpServers": {"axoner": start.stdio()}}


def _crewai(start: _Start) -> dict[str, Any]:
    """The adapter has a limit for the start alone."""
    return {"serverparams": _parameters("crewai", start), "connect_timeout": math.ceil(start.start_timeout)}


def _fastmcp(start: _Start) -> dict[str, Any]:
    transport = _fastmcp_transport("fastmcp", start)
    return {"transport": transport, "timeout": start.timeout, "init_timeout": start.start_timeout}


def _langchain(start: _Start) -> dict[str, Any]:
    from datetime import timedelta

    limit = {"read_timeout_seconds": timedelta(seconds=start.timeout)}
    return {"axoner": {"transport": "stdio", **start.stdio(), "session_kwargs": limit}}


def _llama_index(start: _Start) -> dict[str, Any]:
    named = {"args": start.args, "timeout": math.ceil(start.timeout)}
    return {"command_or_url": start.command, **named, **({"env": start.env} if start.env else {})}


def _mcp(start: _Start) -> dict[str, Any]:
    return start.stdio()


def _openai_agents(start: _Start) -> dict[str, Any]:
    """The SDK's own limit is 5 s; it counts for the start as well."""
    session = {"client_session_timeout_seconds": start.timeout, "cache_tools_list": True}
    return {"name": "axoner", "params": start.stdio(), **session}


def _pydantic_ai(start: _Start) -> dict[str, Any]:
    """Its own limit for the start is 5 s."""
    transport = _fastmcp_transport("pydantic-ai", start)
    return {"client": transport, "init_timeout": start.start_timeout, "read_timeout": start.timeout}


def _smolagents(start: _Start) -> dict[str, Any]:
    """The adapter's own limit is 5 s."""
    limits = {"connect_timeout": math.ceil(start.start_timeout), "client_session_timeout_seconds": start.timeout}
    parameters = _parameters("smolagents", start)
    return {"server_parameters": parameters, "adapter_kwargs": limits, "structured_output": True}


def _strands(start: _Start) -> dict[str, Any]:
    parameters = _parameters("strands", start)

    def connect() -> Any:
        from mcp.client.stdio import stdio_client

        return stdio_client(parameters)

    return {"transport_callable": connect, "startup_timeout": math.ceil(start.start_timeout)}


def _parameters(framework: str, start: _Start) -> Any:
    try:
        from mcp import StdioServerParameters
    except ModuleNotFoundError as error:
        raise _missing(framework, "mcp", error) from error
    return StdioServerParameters(**start.stdio())


def _fastmcp_transport(framework: str, start: _Start) -> Any:
    try:
        from fastmcp.client.transports import StdioTransport
    except ModuleNotFoundError as error:
        raise _missing(framework, "fastmcp", error) from error
    return StdioTransport(**start.stdio(), keep_alive=False)


def _missing(framework: str, package: str, error: ModuleNotFoundError) -> ImportError:
    text = f"mcp_config({framework!r}) needs {package}, which is not installed; run `pip install {package}`"
    return ImportError(text, name=error.name)


#: Clients whose limit for a call cannot be set here, or that have none and would wait without a word.
_UNTOLD = {"claude-desktop": "50s", "crewai": "25s", "mcp": "50s", "strands": "50s"}

_ALIASES = {"langgraph": "langchain", "llamaindex": "llama-index"}

_CONFIGS: dict[str, Callable[[_Start], dict[str, Any]]] = {
    "claude-desktop": _claude_desktop,
    "crewai": _crewai,
    "fastmcp": _fastmcp,
    "langchain": _langchain,
    "llama-index": _llama_index,
    "mcp": _mcp,
    "openai-agents": _openai_agents,
    "pydantic-ai": _pydantic_ai,
    "smolagents": _smolagents,
    "strands": _strands,
}
