"""Axoner's tools for CrewAI, over the bridge the program holds.

from axoner import Bridge
from axoner.crewai import tools

with Bridge(root=".") as bridge:
    analyst = Agent(role="analyst", goal="…", backstory="…", tools=tools(bridge))
"""

from __future__ import annotations

from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError, InvalidInput, RateLimited, ToolError, Unavailable

try:
    from crewai.tools import BaseTool
    from crewai.tools.tool_failure import ToolFailure, ToolFailureReason
    from pydantic import PrivateAttr
except ModuleNotFoundError as error:
    raise missing("crewai", "crewai", error) from error

__all__ = ["AxonerTool", "tools"]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[AxonerTool]:
    """A ``BaseTool`` for every tool the bridge's server offers, plugins' included.

    The model gets the answer as text. A tool that fails answers with a ``ToolFailure`` of the error's code, which
    ``TaskOutput.tool_failures`` and ``tool_failure_policy`` know of; the agent goes on where that policy lets it. No
    answer is taken from the crew's cache: files and pages change.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit. CrewAI cannot stop a call that runs on its threads.
    """
    return [_tool(offered) for offered in offered_tools(bridge, timeout)]


class AxonerTool(BaseTool):
    """A tool of the server. ``run`` blocks, ``arun`` awaits; cancelling the latter's task stops the tool."""

    _offered: OfferedTool = PrivateAttr()

    def _run(self, **arguments: Any) -> str | ToolFailure:
        try:
            return self._offered.call(arguments).model_text
        except AxonerError as error:
            return _failure(error)

    async def _arun(self, **arguments: Any) -> str | ToolFailure:
        try:
            return (await self._offered.call_async(arguments)).model_text
        except AxonerError as error:
            return _failure(error)


def _tool(offered: OfferedTool) -> AxonerTool:
    tool = AxonerTool(
        name=offered.name,
        description=offered.description,
        args_schema=offered.arguments_model(),
        cache_function=_never,
    )
    tool._offered = offered
    return tool


def _failure(error: AxonerError) -> ToolFailure:
    return ToolFailure(
        message=error_text(error),
        code=error.code if isinstance(error, ToolError) else type(error).__name__,
        reason=ToolFailureReason.INVALID_INPUT if isinstance(error, InvalidInput) else ToolFailureReason.TOOL_REPORTED,
        retryable=isinstance(error, (RateLimited, Unavailable)),
    )


def _never(_arguments: Any = None, _result: Any = None) -> bool:
    return False
