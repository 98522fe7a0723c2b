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
from ._generated import RESULTS
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError
from .results import ToolResult, result_from

try:
    from langchain_core.messages import ToolMessage
    from langchain_core.tools import StructuredTool, ToolException
except ModuleNotFoundError as error:
    raise missing("langchain", "langchain-core", error) from error

__all__ = ["result_of", "tools"]

_Answer = tuple[str, dict[str, Any]]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[StructuredTool]:
    """A ``StructuredTool`` for every tool the bridge's server offers, plugins' included.

    The content of a tool message is the answer as a model should see it, its artifact the fields of the result as a
    plain dictionary, which checkpointers and ``json`` can keep; :func:`result_of` makes the result of it again. A tool
    that fails answers with a message of status ``error`` which says what to try, so the agent goes on; a closed bridge
    and a missing server end the run. Cancelling a run stops the call in the server too.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    """
    return [_tool(offered) for offered in offered_tools(bridge, timeout)]


def result_of(message: ToolMessage) -> ToolResult:
    """The result that a tool message tells of, e.g. for its ``to_pandas()``; also of one that was kept and read again.

        frames = [result_of(message).to_pandas() for message in messages if message.name == "query_data"]

    :raises ValueError: the message holds no result of these tools: a failed call has none.
    """
    if not isinstance(message.artifact, dict):
        raise ValueError(
            f"the message of {message.name or 'a tool'} holds no result of axoner: {str(message.text)[:200]}"
        )
    text = message.content if isinstance(message.content, str) else ""
    return result_from(message.artifact, text, RESULTS.get(message.name or ""))


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
    return result.model_text, result.to_dict()


def _wrong_arguments(error: Any) -> str:
    wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return f"ERROR invalid_input: {wrong}"
