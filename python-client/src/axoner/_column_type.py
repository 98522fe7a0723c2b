"""DuckDB's names of types, such as ``DECIMAL(18,3)`` or ``STRUCT(text VARCHAR, url VARCHAR)[]``, as a small tree."""

from __future__ import annotations

import re
from typing import NamedTuple

_ALIASES = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "REAL": "FLOAT",
}
_NAME = re.compile(r'\s*("(?:[^"]|"")*"|[^\s,()]+)\s+')


#: What a dataset's file has no type for: a list, map or struct with one of them is kept, and told, as text.
_TEXTUAL = re.compile(
    r"U?HUGEINT|INTERVAL|BIT|TIME WITH TIME ZONE|TIMETZ|TIME_NS|BIGNUM|UNION\(.*|VARIANT|GEOMETRY.*", re.DOTALL
)


class ColumnType(NamedTuple):
    """``fields`` are the members of a ``STRUCT``, the one unnamed item of a ``LIST``, or a ``MAP``'s key and value."""

    name: str
    fields: tuple[tuple[str, ColumnType], ...] = ()
    precision: int = 0
    scale: int = 0


def parse_column_type(text: str) -> ColumnType:
    """A type that is not known reads as itself and is treated as text."""
    kind = _parse(text)
    return ColumnType("VARCHAR") if kind.fields and _holds_textual(kind) else kind


def _parse(text: str) -> ColumnType:
    text = text.strip()
    if text.endswith("]"):
        return ColumnType("LIST", (("", _parse(text[: text.rindex("[")])),))
    if text.upper().startswith("STRUCT(") and text.endswith(")"):
        return ColumnType("STRUCT", tuple(_member(part) for part in _split(text[7:-1])))
    if text.upper().startswith("MAP(") and text.endswith(")"):
        key, value = (_parse(part) for part in _split(text[4:-1]))
        return ColumnType("MAP", (("key", key), ("value", value)))
    decimal = re.fullmatch(r"DECIMAL\((\d+), ?(\d+)\)", text, re.IGNORECASE)
    if decimal is not None:
        return ColumnType("DECIMAL", (), int(decimal[1]), int(decimal[2]))
    return ColumnType(_ALIASES.get(text.upper(), text.upper()))


def _holds_textual(kind: ColumnType) -> bool:
    if kind.fields:
        return any(_holds_textual(field) for _, field in kind.fields)
    return _TEXTUAL.fullmatch(kind.name) is not None


def _member(text: str) -> tuple[str, ColumnType]:
    match = _NAME.match(text)
    if match is None:
        return text.strip(), ColumnType("VARCHAR")
    name = match[1]
    if name.startswith('"'):
        name = name[1:-1].replace('""', '"')
    return name, _parse(text[match.end() :])


def _split(text: str) -> list[str]:
    """The parts between the commas that stand in no parentheses and no quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == "," and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    return [*parts, text[start:]]
