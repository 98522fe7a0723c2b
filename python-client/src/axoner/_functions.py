"""Python functions as tools of the agent: what its model is told of them, and how they are called."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import math
import re
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._encoding import MESSAGE_BYTES
from ._log import tool_logger
from ._schema import Kind, Member, kind_of, object_schema, read_members
from .errors import InvalidInput, ToolError

#: What a message has besides the value in it, at most.
_AROUND_BYTES = 1024
_ERROR_CHARS = 20_000

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")
_FIELD = re.compile(r"\s*:param (?:[^:]+ )?(\w+):\s*(.*)")
_GOOGLE = re.compile(r"\s+\*{0,2}(\w+)(?: \([^)]*\))?:\s*(.*)")
_SECTION = re.compile(r"\s*(Args|Arguments|Parameters|Returns|Yields|Raises|Example|Examples|Note|Notes):\s*$")


class FunctionTool:
    """A function that the agent's model may call.

    :raises TypeError: the function cannot be described to a model; the message names the parameter.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = getattr(function, "__name__", "")
        if _NAME.fullmatch(self.name) is None:
            raise TypeError(f"{function!r} has no name that a model could call; define it with `def`")
        self.is_async = inspect.iscoroutinefunction(function)
        text, described = read_docstring(inspect.getdoc(function) or "")
        self.description = text or self.name.replace("_", " ")
        self._members = _members(function, self.name, described)

    def definition(self, timeout: float | None) -> dict[str, Any]:
        limit = {} if timeout is None or timeout == math.inf else {"timeout_s": timeout}
        schema = object_schema(self._members)
        return {"name": self.name, "description": self.description, "input_schema": schema, **limit}

    def bind(self, arguments: Any) -> dict[str, Any]:
        """What the function is called with.

        :raises InvalidInput: for the model, which says what it sent wrongly.
        """
        try:
            return read_members(self._members, arguments)
        except ValueError as error:
            raise InvalidInput(f"{self.name} wants {str(error).lstrip('.')}") from None


def function_tools(functions: Iterable[Callable[..., Any]]) -> dict[str, FunctionTool]:
    """The tools by name.

    :raises TypeError: two have the same name, or one cannot be described.
    """
    tools: dict[str, FunctionTool] = {}
    for function in functions:
        tool = FunctionTool(function)
        if tool.name in tools:
            raise TypeError(f"two of the functions are called {tool.name}; a model tells them apart by their names")
        tools[tool.name] = tool
    return tools


def value_answer(tool: FunctionTool, value: Any) -> dict[str, Any]:
    """What is told of a call that gave ``value``."""
    try:
        text = json.dumps(value, default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"{tool.name} returned what is no JSON ({error}); a number, a text, a list or a dictionary would be"
        tool_logger.error(message)
        return {"code": "internal", "message": message}
    if len(text) > MESSAGE_BYTES - _AROUND_BYTES:
        message = f"{tool.name} returned {len(text):,} bytes, more than 16 MiB; it has to return less at once"
        tool_logger.error(message)
        return {"code": "too_large", "message": message}
    plain = json.loads(text)
    return {"value": plain if isinstance(plain, dict) else {"result": plain}}


def error_answer(tool: FunctionTool, error: BaseException) -> dict[str, Any]:
    """What the model is told of a call that failed. The program's log has the traceback of what is no ToolError."""
    try:
        text = str(error)
    except Exception:
        text = "it cannot be put in words"
    if len(text) > _ERROR_CHARS:
        text = f"{text[:_ERROR_CHARS]}… ({len(text):,} characters)"
    if isinstance(error, ToolError):
        return {"code": error.code, "message": text}
    tool_logger.warning("the agent's call of %s failed", tool.name, exc_info=error)
    return {"code": "internal", "message": f"{tool.name} failed with {type(error).__name__}: {text}"}


def read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The text for the model, and what is said of each parameter in Sphinx's, Google's or NumPy's manner."""
    kept: list[str] = []
    described: dict[str, str] = {}
    section, last = "", ""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        heading = _SECTION.match(line)
        underlined = index + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[index + 1].strip()) is not None
        field = _FIELD.match(line)
        parameter = _GOOGLE.match(line) if section in ("Args", "Arguments", "Parameters") else None
        if heading is not None or underlined:
            section, last = heading[1] if heading else line.strip(), ""
        elif field is not None:
            described[field[1]], last, section = field[2], field[1], "field"
        elif re.match(r"\s*:(returns?|raises?|rtype)\b", line):
            section, last = "Returns", ""
        elif section == "Parameters" and (numpy := re.match(r"(\w+)\s*(?::.*)?$", line)) is not None:
            described[numpy[1]], last = "", numpy[1]
        elif parameter is not None and last != parameter[1] and not line.startswith(" " * 8):
            described[parameter[1]], last = parameter[2], parameter[1]
        elif last and line.startswith((" ", "\t")):
            described[last] = f"{described[last]} {line.strip()}".strip()
        elif not section or (section == "field" and line.strip()):
            kept.append(line)
    return "\n".join(kept).strip(), described


def _members(function: Callable[..., Any], name: str, described: Mapping[str, str]) -> dict[str, Member]:
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise TypeError(f"the annotations of {name} cannot be read: {error}") from error
    members: dict[str, Member] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"{name}({parameter}): a model gives arguments by name; name it")
        if parameter.name not in hints:
            raise TypeError(f"{name}: {parameter.name} has no annotation, so a model cannot know what it takes")
        try:
            kind = kind_of(hints[parameter.name])
        except TypeError as error:
            raise TypeError(f"{name}: {parameter.name} is {error}") from None
        except RecursionError:
            raise TypeError(
                f"{name}: {parameter.name} is of a type that holds itself; a model needs one with an end"
            ) from None
        text = kind.schema.get("description", described.get(parameter.name))
        schema = {**kind.schema, "description": text} if text else kind.schema
        members[parameter.name] = Member(Kind(schema, kind.read), parameter.default is parameter.empty)
    return members


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__name__ in ("Decimal", "UUID") or hasattr(value, "__fspath__"):
        return str(value)
    raise TypeError(f"a {type(value).__name__}")
