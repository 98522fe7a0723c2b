"""Axoner's tools for LlamaIndex, over the bridge the program holds.

from axoner import Bridge
from axoner.llama_index import tools

with Bridge(root=".") as bridge:
    agent = FunctionAgent(tools=tools(bridge), llm=llm)
"""

from __future__ import annotations

from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError
from .results import ToolResult

try:
    from llama_index.core.tools import AsyncBaseTool, ToolMetadata, ToolOutput
except ModuleNotFoundError as error:
    raise missing("llama_index", "llama-index-core", error) from error

__all__ = ["AxonerTool", "tools"]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[AxonerTool]:
    """An ``AsyncBaseTool`` for every tool the bridge's server offers, plugins' included.

    The content of a ``ToolOutput`` is the answer as a model should see it, its ``raw_output`` the answer's fields. A
    tool that fails answers with ``is_error`` and says what to try, so the agent goes on; its ``exception`` is the
    :class:`AxonerError`. Cancelling a run stops the call in the server too.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    """
    return [AxonerTool(offered) for offered in offered_tools(bridge, timeout)]


class AxonerTool(AsyncBaseTool):
    """A tool of the server: ``call`` on threads, ``acall`` on event loops."""

    def __init__(self, offered: OfferedTool) -> None:
        self._offered = offered
        self._metadata = ToolMetadata(
            name=offered.name, description=offered.description, fn_schema=offered.arguments_model()
        )

    @property
    def metadata(self) -> ToolMetadata:
        return self._metadata

    def call(self, *_positional: Any, **arguments: Any) -> ToolOutput:
        try:
            return self._output(arguments, self._offered.call(arguments))
        except AxonerError as error:
            return self._failure(arguments, error)

    async def acall(self, *_positional: Any, **arguments: Any) -> ToolOutput:
        try:
            return self._output(arguments, await self._offered.call_async(arguments))
        except AxonerError as error:
            return self._failure(arguments, error)

    def _output(self, arguments: dict[str, Any], result: ToolResult) -> ToolOutput:
        return ToolOutput(
            tool_name=self._offered.name,
            content=result.model_text,
            raw_input={"kwargs": arguments},
            raw_output=result.to_dict(),  # not the result itself: a workflow's context is written as JSON
        )

    def _failure(self, arguments: dict[str, Any], error: AxonerError) -> ToolOutput:
        text = error_text(error)
        return ToolOutput(
            tool_name=self._offered.name,
            content=text,
            raw_input={"kwargs": arguments},
            raw_output=text,
            is_error=True,
            exception=error,
        )
