"""Axoner's tools for Pydantic AI, over the bridge the program holds.

from axoner import Bridge
from axoner.pydantic_ai import toolset

with Bridge(root=".") as bridge:
    agent = Agent("openai:gpt-5", toolsets=[toolset(bridge)])
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError, InvalidInput

try:
    from pydantic_ai import FunctionToolset, ModelRetry, Tool, ToolReturn
except ModuleNotFoundError as error:
    raise missing("pydantic_ai", "pydantic-ai-slim", error) from error

__all__ = ["toolset"]


def toolset(bridge: BridgeBase, *, timeout: float | None = None, id: str = "axoner") -> FunctionToolset[Any]:
    """A toolset of every tool the bridge's server offers, plugins' included.

    The model gets the answer's fields; the :class:`ToolResult` is the metadata of the tool's return, for the program.
    Wrong arguments are a ``ModelRetry``, which counts against the agent's retries; other errors are told to the model
    as text, so the run goes on; a closed bridge and a missing server end it. Cancelling a run stops the call in the
    server.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    :param id: the toolset's name, for durable execution.
    """
    return FunctionToolset([_tool(offered) for offered in offered_tools(bridge, timeout)], id=id)


def _tool(offered: OfferedTool) -> Tool[Any]:
    return Tool.from_schema(
        _call(offered), name=offered.name, description=offered.description, json_schema=offered.input_schema
    )


def _call(offered: OfferedTool) -> Callable[..., Awaitable[Any]]:
    async def call(**arguments: Any) -> ToolReturn[Any] | str:
        try:
            result = await offered.call_async(arguments)
        except InvalidInput as error:
            raise ModelRetry(error_text(error)) from error
        except AxonerError as error:
            return error_text(error)
        return ToolReturn(return_value=result.to_dict(), metadata=result)

    return call
