"""Axoner's tools for the OpenAI Agents SDK, over the bridge the program holds.

from axoner import Bridge
from axoner.openai_agents import tools

with Bridge(root=".") as bridge:
    agent = Agent(name="analyst", tools=tools(bridge))
"""

from __future__ import annotations

import json
from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError

try:
    from agents import FunctionTool
except ModuleNotFoundError as error:
    raise missing("openai_agents", "openai-agents", error) from error

__all__ = ["tools"]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[FunctionTool]:
    """A ``FunctionTool`` for every tool the bridge's server offers, plugins' included.

    The model gets the answer as text. A tool that fails answers with an error which says what to try, so the run goes
    on; a closed bridge and a missing server end it. Cancelling a run stops the call in the server too. No limit
    of 5 seconds stands in the way, as the SDK has it for MCP servers.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit.
    """
    return [_tool(offered) for offered in offered_tools(bridge, timeout)]


def _tool(offered: OfferedTool) -> FunctionTool:
    async def invoke(_context: Any, arguments: str) -> str:
        try:
            given = json.loads(arguments or "{}")
        except ValueError as error:
            return f"ERROR invalid_input: the arguments of {offered.name} are no JSON: {error}"
        if not isinstance(given, dict):
            return f"ERROR invalid_input: the arguments of {offered.name} must be one JSON object"
        try:
            return (await offered.call_async(given)).model_text
        except AxonerError as error:
            return error_text(error)

    return FunctionTool(
        name=offered.name,
        description=offered.description,
        params_json_schema=offered.input_schema,
        on_invoke_tool=invoke,
        strict_json_schema=False,  # strict ones have no optional arguments
    )
