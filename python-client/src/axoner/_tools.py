"""The tools of a bridge as a framework's module offers them: what a model is told of each, and how one is called.

A module of a framework (``axoner.langchain``, …) is one function, ``tools(bridge)``, that makes the framework's own
kind of tool of every :class:`OfferedTool`:

- name and description as they are, the schema as ``input_schema`` or, where a framework wants a pydantic model, as
  ``arguments_model()``; the server checks what comes, since it repairs what models get slightly wrong;
- ``call`` on threads and ``call_async`` on event loops; cancelling the latter's task stops the tool;
- ``result.model_text`` goes to the model, the result itself where the framework has a place for what the program reads;
- an :class:`AxonerError` becomes ``error_text(error)`` in the way that the framework tells a model of errors. It raises
  what no model can act on: a closed bridge, a missing server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ._call import Deadline
from ._exchange import converse, listing
from ._generated import RESULTS
from .errors import AxonerError, BridgeClosed, CallTimeout, ConfigError, ServerNotFound, ToolError, ToolTimeout
from .results import ToolResult, read_reply

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ._base import BridgeBase

_LIST_TIMEOUT_S = 30.0


class OfferedTool(NamedTuple):
    """A tool of a bridge's server. ``timeout`` is in seconds, for one call."""

    bridge: BridgeBase
    name: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any]
    timeout: float | None

    def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """:raises AxonerError: see :func:`error_text`."""
        reply = self.bridge._reply(self.name, arguments, self.timeout, None)
        return read_reply(self.name, reply, RESULTS.get(self.name))

    async def call_async(self, arguments: Mapping[str, Any]) -> ToolResult:
        """As :meth:`call`; cancelling the task stops the tool."""
        from .aio import call_tool

        return await call_tool(self.bridge, self.name, arguments, timeout=self.timeout)

    def arguments_model(self) -> type[BaseModel]:
        """The schema as a model of pydantic, whose own JSON Schema is exactly that.

        It knows which arguments there are and which are needed, takes null for one that is left out, and leaves the
        rest to the server.
        """
        from pydantic import ConfigDict, Field, WithJsonSchema, create_model

        required = self.input_schema.get("required", [])
        properties = self.input_schema["properties"]
        fields: dict[str, Any] = {
            name: (_annotated(Any, WithJsonSchema(schema)), ... if name in required else Field(default=None))
            for name, schema in properties.items()
        }
        exact = ConfigDict(extra="allow", json_schema_extra=lambda schema: _replace(schema, self.input_schema))
        title = "".join(part.capitalize() for part in self.name.split("_"))
        model: type[BaseModel] = create_model(f"{title}Input", __config__=exact, **fields)
        return model


def offered_tools(bridge: BridgeBase, timeout: float | None = None) -> list[OfferedTool]:
    """Every tool that the bridge's server offers, plugins' included. ``bridge`` may be of either kind.

    Not ``job``, where nothing is answered with a job: unless ``answer_within`` is set, a bridge waits for results.

    :param timeout: seconds for one call of a tool; default: no limit.
    """
    deadline = Deadline(_LIST_TIMEOUT_S)
    answer = converse(listing(), lambda request: bridge._ask(request, deadline))
    return [
        OfferedTool(
            bridge,
            listed["name"],
            listed.get("description", listed["name"]),
            listed["inputSchema"],
            listed.get("annotations") or {},
            timeout,
        )
        for listed in answer["tools"]
        if listed["name"] != "job" or bridge._gives_jobs
    ]


def error_text(error: AxonerError) -> str:
    """What a model is told of a failed call.

    :raises BridgeClosed, ConfigError, ServerNotFound: that is for whoever wrote the program.
    """
    if isinstance(error, (BridgeClosed, ConfigError, ServerNotFound)):
        raise error
    if isinstance(error, CallTimeout):
        return f"ERROR {ToolTimeout.code}: {error}"
    code = error.code if isinstance(error, ToolError) else "unavailable"
    return f"ERROR {code}: {error}"


def missing(framework: str, package: str, error: ModuleNotFoundError) -> ImportError:
    """What a framework's module raises where the framework is not installed."""
    text = f"axoner.{framework} needs {package}, which is not installed; run `pip install axoner[{framework}]`"
    return ImportError(text, name=error.name)


def _annotated(kind: Any, note: Any) -> Any:
    from typing import Annotated

    return Annotated[kind, note]


def _replace(schema: dict[str, Any], exact: Mapping[str, Any]) -> None:
    schema.clear()
    schema.update(exact)
