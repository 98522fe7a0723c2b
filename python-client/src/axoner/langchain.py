"""Axoner's tools for LangChain and LangGraph, over the bridge the program holds: no process per call, no adapter.

from axoner import Bridge
from axoner.langchain import tools

with Bridge(root=".") as bridge:
    agent = create_agent(model, tools(bridge))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from .client import Bridge
from .errors import AxonerError, BridgeClosed, ServerNotFound, ToolError
from .results import ToolResult

try:
    from langchain_core.tools import StructuredTool, ToolException
except ModuleNotFoundError as error:
    message = "axoner.langchain needs langchain-core, which is not installed; run `pip install axoner[langchain]`"
    raise ImportError(message, name="langchain_core") from error

__all__ = ["tools"]

_Answer = tuple[str, ToolResult]


def tools(bridge: Bridge, *, timeout: float | None = None) -> list[StructuredTool]:
    """A ``StructuredTool`` for every tool the bridge's server offers, plugins' included.

    The content of a tool message is the answer as a model should see it, its artifact the :class:`ToolResult`. A tool
    that fails answers with a message of status ``error`` which says what to try, so the agent goes on; a closed bridge
    and a missing server end the run. Cancelling a run stops the call in the server too.

    :param timeout: seconds for one call.
    """
    return [_tool(bridge, listed, timeout) for listed in bridge.list_tools()]


def _tool(bridge: Bridge, listed: dict[str, Any], timeout: float | None) -> StructuredTool:
    name = listed["name"]
    return StructuredTool(
        name=name,
        description=listed.get("description", name),
        args_schema=listed["inputSchema"],
        func=_sync_call(bridge, name, timeout),
        coroutine=_async_call(bridge, name, timeout),
        response_format="content_and_artifact",
        handle_tool_error=True,
        metadata=listed.get("annotations"),
    )


def _sync_call(bridge: Bridge, name: str, timeout: float | None) -> Callable[..., _Answer]:
    def call(**arguments: Any) -> _Answer:
        try:
            return _answer(bridge.call_tool(name, arguments, timeout=timeout))
        except AxonerError as error:
            raise _for_model(error) from error

    return call


def _async_call(bridge: Bridge, name: str, timeout: float | None) -> Callable[..., Awaitable[_Answer]]:
    async def call(**arguments: Any) -> _Answer:
        try:
            return _answer(await bridge.await_tool(name, arguments, timeout=timeout))
        except AxonerError as error:
            raise _for_model(error) from error

    return call


def _answer(result: ToolResult) -> _Answer:
    return result.model_text, result


def _for_model(error: AxonerError) -> Exception:
    """What the model can act on becomes a message; the rest is for whoever wrote the program."""
    if isinstance(error, (BridgeClosed, ServerNotFound)):
        return error
    code = error.code if isinstance(error, ToolError) else "unavailable"
    return ToolException(f"ERROR {code}: {error}")
