"""Axoner's tools for smolagents, over the bridge the program holds.

from axoner import Bridge
from axoner.smolagents import tools

with Bridge(root=".") as bridge:
    agent = CodeAgent(tools=tools(bridge), model=model)
"""

from __future__ import annotations

from typing import Any

from ._base import BridgeBase
from ._tools import OfferedTool, error_text, missing, offered_tools
from .errors import AxonerError
from .results import ToolResult

try:
    from smolagents import Tool
except ModuleNotFoundError as error:
    raise missing("smolagents", "smolagents", error) from error

__all__ = ["Answer", "AxonerTool", "tools"]


def tools(bridge: BridgeBase, *, timeout: float | None = None) -> list[AxonerTool]:
    """A ``Tool`` for every tool the bridge's server offers, plugins' included.

    An answer is a dictionary, so that a ``CodeAgent`` computes with its fields; as text, which is what a
    ``ToolCallingAgent`` shows its model, it is what the server says. A tool that fails raises an error which says what
    to try; the agent tells its model. Arguments that may be left out are marked so, and the model leaves them out.

    :param bridge: a :class:`Bridge` or an :class:`AsyncBridge`.
    :param timeout: seconds for one call; default: no limit. smolagents is synchronous: nothing else ends a call.
    """
    return [AxonerTool(offered) for offered in offered_tools(bridge, timeout)]


class Answer(dict[str, Any]):
    """The fields of a tool's answer. ``result`` is the :class:`ToolResult`, with ``to_pandas()`` where it has rows."""

    def __init__(self, result: ToolResult) -> None:
        super().__init__(result.to_dict())
        self.result = result

    def __str__(self) -> str:
        return self.result.model_text


class AxonerTool(Tool):
    """A tool of the server."""

    skip_forward_signature_validation = True  # one ``forward`` serves tools of all signatures
    output_type = "object"

    def __init__(self, offered: OfferedTool) -> None:
        self.name = offered.name
        self.description = offered.description
        self.inputs = _inputs(offered.input_schema)
        self._offered = offered
        self._order = [*self.inputs]
        super().__init__()

    def forward(self, *positional: Any, **named: Any) -> Answer:
        if len(positional) > len(self._order):
            raise TypeError(f"{self.name} takes at most {len(self._order)} arguments: {', '.join(self._order)}")
        given = dict(zip(self._order, positional, strict=False))
        twice = given.keys() & named.keys()
        if twice:
            raise TypeError(f"{self.name} was given {', '.join(sorted(twice))} twice")
        try:
            return Answer(self._offered.call({**given, **named}))
        except AxonerError as error:
            raise RuntimeError(error_text(error)) from error


def _inputs(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The required arguments first, as a signature has them."""
    required = schema.get("required", [])
    properties = schema["properties"]
    named = {name: {"type": "any", "description": f"the {name}", **each} for name, each in properties.items()}
    optional = {name: {**each, "nullable": True} for name, each in named.items() if name not in required}
    return {**{name: named[name] for name in required if name in named}, **optional}
