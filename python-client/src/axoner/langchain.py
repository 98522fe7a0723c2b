"""Axoner's tools for LangChain and LangGraph, over the bridge the program holds: no process per call, no adapter.

from axoner import Bridge
from axoner.langchain import tools

with Bridge(root=".") as bridge:
    agent = create_agent(model, tools(bridge))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError
from .results import ToolResult

try:
    from langchain_core.tools import StructuredTool, ToolException
except ModuleNotFoundError as error:
    raise missing("langchain", "langchain-core", error) from error

__all__ = ["tools"]

_Answer = tuple[str, ToolResult]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[StructuredTool]:
    """A ``StructuredTool`` for every tool the bridge's server offers, plugins' included.

    The content of a tool message is the answer as a model should see it, its artifact the :class:`ToolResult`. A tool
    that fails answers with a message of status ``error`` which says what to try, so the agent goes on; a closed bridge
    and a missing server end the run. Cancelling a run stops the call in the server too.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    """
    return [_tool(offered) for offered in offered_tools(bridge, timeout)]


def _tool(offered: OfferedTool) -> StructuredTool:
    return StructuredTool(
        name=offered.name,
        description=offered.description,
        args_schema=offered.arguments_model(),
        func=_sync_call(offered),
        coroutine=_async_call(offered),
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_wrong_arguments,
        metadata=offered.annotations,
    )


def _sync_call(offered: OfferedTool) -> Callable[..., _Answer]:
    def call(**arguments: Any) -> _Answer:
        try:
            return _answer(offered.call(arguments))
        except AxonerError as error:
            raise ToolException(error_text(error)) from error

    return call


def _async_call(offered: OfferedTool) -> Callable[..., Awaitable[_Answer]]:
    async def call(**arguments: Any) -> _Answer:
        try:
            return _answer(await offered.call_async(arguments))
        except AxonerError as error:
            raise ToolException(error_text(error)) from error

    return call


def _answer(result: ToolResult) -> _Answer:
    return result.model_text, result


def _wrong_arguments(error: Any) -> str:
    wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return f"ERROR invalid_input: {wrong}"
