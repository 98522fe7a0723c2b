"""Annotations as JSON Schema, and values read by it. What needs pydantic is left to pydantic, where it is there."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union

Schema = dict[str, Any]


class Kind(NamedTuple):
    """A type as a model is told of it, and how what the model sent becomes a value of it.

    ``read`` raises ``ValueError`` with what is wanted instead.
    """

    schema: Schema
    read: Callable[[Any], Any]


def kind_of(annotation: Any) -> Kind:
    """The kind of an annotation.

    :raises TypeError: a model cannot send such a value.
    """
    if annotation is Any or annotation is object:
        return Kind({}, lambda value: value)
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if annotation in _PARSED:
        return _parsed(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _annotated(kind_of(arguments[0]), arguments[1:])
    if origin is Literal:
        return _choice(arguments)
    if origin is Union or origin is types.UnionType:
        return _union([kind_of(argument) for argument in arguments])
    if origin in _LISTS or annotation in _LISTS:
        return _list(_LISTS[origin or annotation], arguments)
    if origin in (dict, Mapping) or annotation in (dict, Mapping):
        key, value = arguments or (Any, Any)
        return _mapping(kind_of(key), kind_of(value))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        choice = _choice([member.value for member in annotation])
        return Kind(choice.schema, lambda value: annotation(choice.read(value)))
    if typing.is_typeddict(annotation):
        return _object(_members(annotation, annotation.__required_keys__), dict)
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _object(_dataclass_members(annotation), lambda given: annotation(**given))
    return _pydantic(annotation)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value != value:
        raise ValueError("an integer")
    try:
        number = int(value) if isinstance(value, (int, str)) else None
    except ValueError:
        number = None
    if number is None and isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None:
        raise ValueError("an integer")
    return number


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a number")
    try:
        return float(value)
    except ValueError:
        raise ValueError("a number") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def _null(value: Any) -> None:
    if value is not None:
        raise ValueError("null")


_SIMPLE: dict[Any, Kind] = {
    str: Kind({"type": "string"}, _string),
    int: Kind({"type": "integer"}, _integer),
    float: Kind({"type": "number"}, _number),
    bool: Kind({"type": "boolean"}, _boolean),
    type(None): Kind({"type": "null"}, _null),
    None: Kind({"type": "null"}, _null),
}
_PARSED: dict[Any, tuple[Callable[[str], Any], Schema, str]] = {
    datetime: (datetime.fromisoformat, {"type": "string", "format": "date-time"}, "a time such as 2026-01-31T12:00:00"),
    date: (date.fromisoformat, {"type": "string", "format": "date"}, "a date such as 2026-01-31"),
    time: (time.fromisoformat, {"type": "string", "format": "time"}, "a time such as 12:30:00"),
    Decimal: (Decimal, {"type": "string"}, "a decimal number as text"),
    Path: (Path, {"type": "string"}, "a path"),
}
_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list, tuple: tuple, set: set, frozenset: frozenset, Sequence: list, Iterable: list,
}  # fmt: skip


def _parsed(annotation: Any) -> Kind:
    parse, schema, wanted = _PARSED[annotation]

    def read(value: Any) -> Any:
        try:
            return parse(value.replace("Z", "+00:00") if annotation is datetime else str(value))
        except (ValueError, ArithmeticError, AttributeError):
            raise ValueError(wanted) from None

    return Kind(schema, read)


def _annotated(kind: Kind, notes: Iterable[Any]) -> Kind:
    """A text in ``Annotated`` describes the parameter; pydantic's and other libraries' notes have one too."""
    for note in notes:
        text = note if isinstance(note, str) else getattr(note, "description", None)
        if isinstance(text, str):
            return Kind({**kind.schema, "description": text}, kind.read)
    return kind


def _choice(values: Iterable[Any]) -> Kind:
    choices = list(values)

    def read(value: Any) -> Any:
        for choice in choices:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):  # True equals 1
                return choice
        raise ValueError(f"one of {', '.join(map(repr, choices))}")

    return Kind({"enum": choices, **({"type": "string"} if all(isinstance(c, str) for c in choices) else {})}, read)


def _union(kinds: list[Kind]) -> Kind:
    def read(value: Any) -> Any:
        wanted = []
        for kind in sorted(kinds, key=lambda kind: _distance(kind.schema, value)):
            try:
                return kind.read(value)
            except ValueError as error:
                wanted.append(str(error))
        raise ValueError(" or ".join(wanted))

    some = [kind.schema for kind in kinds if kind.schema != {"type": "null"}]
    # An optional parameter is one that is left out: a model need not be told of null.
    return Kind(some[0] if len(some) == 1 else {"anyOf": some}, read)


def _distance(schema: Schema, value: Any) -> int:
    """0 where the schema is of the value's own JSON type, 1 where it may be, 2 where the value would be converted."""
    names = _JSON_TYPES.get(type(value), ())
    kind = schema.get("type")
    if kind is None:
        return 1
    return 0 if kind in names[:1] else 1 if kind in names else 2


_JSON_TYPES: dict[type, tuple[str, ...]] = {
    str: ("string",),
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number", "integer"),
    list: ("array",),
    dict: ("object",),
    type(None): ("null",),
}


def _list(make: Callable[[list[Any]], Any], arguments: tuple[Any, ...]) -> Kind:
    of = [argument for argument in arguments if argument is not ...]
    if len(of) > 1:
        raise TypeError("a tuple of several types; use a list, or a dataclass")
    item = kind_of(of[0] if of else Any)

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError("a list")
        return make([_at(f"[{index}]", item, part) for index, part in enumerate(value)])

    return Kind({"type": "array", "items": item.schema}, read)


def _mapping(key_kind: Kind, of: Kind) -> Kind:
    def read_key(key: str) -> Any:
        """JSON has keys of text alone: those of other types are written in it."""
        try:
            return key_kind.read(key)
        except ValueError as error:
            try:
                return key_kind.read(json.loads(key))
            except ValueError:
                raise ValueError(f"{error} as the key {key!r}") from None

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("an object")
        return {read_key(key): _at(f"[{key!r}]", of, part) for key, part in value.items()}

    return Kind({"type": "object", **({"additionalProperties": of.schema} if of.schema else {})}, read)


class Member(NamedTuple):
    kind: Kind
    is_required: bool


def _members(annotation: Any, required: Iterable[str]) -> dict[str, Member]:
    hints = typing.get_type_hints(annotation, include_extras=True)
    return {name: Member(kind_of(hint), name in required) for name, hint in hints.items()}


def _dataclass_members(annotation: type) -> dict[str, Member]:
    """What its ``__init__`` takes: neither class variables nor fields that are not given."""
    hints = typing.get_type_hints(annotation, include_extras=True)
    members: dict[str, Member] = {}
    for name, parameter in list(inspect.signature(annotation).parameters.items()):
        hint = hints.get(name, Any)
        kind = kind_of(hint.type if isinstance(hint, dataclasses.InitVar) else hint)
        members[name] = Member(kind, parameter.default is parameter.empty)
    return members


def _object(members: Mapping[str, Member], make: Callable[[dict[str, Any]], Any]) -> Kind:
    return Kind(object_schema(members), lambda value: make(read_members(members, value)))


def object_schema(members: Mapping[str, Member]) -> Schema:
    required = [name for name, member in members.items() if member.is_required]
    properties = {name: member.kind.schema for name, member in members.items()}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def read_members(members: Mapping[str, Member], value: Any) -> dict[str, Any]:
    """The values by name; those that are left out are not there.

    :raises ValueError: one is missing, unknown, or not of its kind.
    """
    if not isinstance(value, dict):
        raise ValueError("an object")
    unknown = next((name for name in value if name not in members), None)
    if unknown is not None:
        raise ValueError(f"no {unknown}; there is {', '.join(members) or 'nothing to give'}")
    given: dict[str, Any] = {}
    for name, member in members.items():
        if name in value and (value[name] is not None or member.is_required):
            given[name] = _at(f".{name}", member.kind, value[name])
        elif member.is_required:
            raise ValueError(f"{name}, which is missing")
    return given


def _at(place: str, kind: Kind, value: Any) -> Any:
    try:
        return kind.read(value)
    except ValueError as error:
        text = str(error)
        raise ValueError(f"{place}{text}" if text.startswith(("[", ".")) else f"{place} {text}") from None


def _pydantic(annotation: Any) -> Kind:
    try:
        from pydantic import TypeAdapter, ValidationError
    except ImportError:
        raise TypeError(f"{annotation!r}, which needs pydantic or a type that JSON has") from None
    try:
        adapter: Any = TypeAdapter(annotation)
        schema: Schema = adapter.json_schema()
    except Exception as error:
        raise TypeError(f"{annotation!r}, which a model cannot send: {error}") from error

    def read(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = "".join(f".{part}" for part in first["loc"])
            raise ValueError(f"{where} {first['msg']}".strip()) from None

    return Kind(schema, read)
