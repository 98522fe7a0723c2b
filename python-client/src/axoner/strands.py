"""Axoner's tools for Strands Agents, over the bridge the program holds.

from axoner import Bridge
from axoner.strands import tools

with Bridge(root=".") as bridge:
    agent = Agent(tools=tools(bridge))
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError, Cancelled
from .results import ToolResult

try:
    from strands.types._events import ToolResultEvent
    from strands.types.tools import AgentTool
except ModuleNotFoundError as error:
    raise missing("strands", "strands-agents", error) from error

__all__ = ["AxonerTool", "tools"]

_LOOK_AGAIN_S = 0.1


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[AxonerTool]:
    """An ``AgentTool`` for every tool the bridge's server offers, plugins' included.

    The model gets the answer as text; the tool result that hooks see has its fields as ``structuredContent``. A tool
    that fails answers with status ``error`` and says what to try, so the agent goes on. ``agent.cancel()`` and
    cancelling the task stop the call in the server too.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    """
    return [AxonerTool(offered) for offered in offered_tools(bridge, timeout)]


class AxonerTool(AgentTool):
    """A tool of the server."""

    def __init__(self, offered: OfferedTool) -> None:
        super().__init__()
        self._offered = offered

    @property
    def tool_name(self) -> str:
        return self._offered.name

    @property
    def tool_spec(self) -> dict[str, Any]:
        spec = {
            "name": self._offered.name,
            "description": self._offered.description,
            "inputSchema": {"json": self._offered.input_schema},
        }
        annotations = self._offered.annotations
        return {**spec, "annotations": annotations} if annotations else spec

    @property
    def tool_type(self) -> str:
        return "python"

    async def stream(
        self, tool_use: Mapping[str, Any], invocation_state: dict[str, Any], **_more: Any
    ) -> AsyncGenerator[Any, None]:
        signal = getattr(invocation_state.get("agent"), "cancel_signal", None)
        yield ToolResultEvent({"toolUseId": tool_use["toolUseId"], **await self._outcome(tool_use["input"], signal)})

    async def _outcome(self, arguments: Any, signal: threading.Event | None) -> dict[str, Any]:
        try:
            result = await _until(signal, self._offered, arguments)
        except AxonerError as error:
            return {"status": "error", "content": [{"text": error_text(error)}]}
        return {
            "status": "success",
            "content": [{"text": result.model_text}],
            "structuredContent": result.to_dict(),
        }


async def _until(signal: threading.Event | None, offered: OfferedTool, arguments: Any) -> ToolResult:
    """The call's result, unless the agent is cancelled first."""
    call = asyncio.ensure_future(offered.call_async(arguments))
    try:
        while signal is not None and not signal.is_set():
            done, _ = await asyncio.wait({call}, timeout=_LOOK_AGAIN_S)
            if done:
                return call.result()
        if signal is not None:
            raise Cancelled("the agent was cancelled, and the tool with it")
        return await call
    finally:
        if not call.done():
            call.cancel()
            await asyncio.wait({call})
