"""Results as HTML for notebooks. All of it may come from the web: nothing reaches the page unescaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_MAX_ROWS = 10
_MAX_COLUMNS = 20
_MAX_CHARS = 120
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DECIMAL(\(.*\))?|DOUBLE|FLOAT|REAL|BIGNUM", re.IGNORECASE)
_HIDDEN = {"status", "columns", "types", "rows", "row_count", "truncated", "dataset", "dataset_path", "dataset_format"}
_DIM = ' style="opacity:.6;font-weight:normal"'
_LEFT, _RIGHT = ' style="text-align:left"', ' style="text-align:right"'


def table_html(name: str, fields: Mapping[str, Any]) -> str:
    """The first rows with the columns' types, and below them how many there are, where, and what else was said."""
    columns, types, rows = (list(fields.get(key) or []) for key in ("columns", "types", "rows"))
    sides = [_RIGHT if _is_number(kind) else _LEFT for kind in types[:_MAX_COLUMNS]]
    heads = [
        f"<th{side}>{_text(column)}<br><small{_DIM}>{_text(str(kind).lower())}</small></th>"
        for column, kind, side in zip(columns, types, sides, strict=False)
    ]
    cells = [
        "".join(f"<td{side}>{_cell(value)}</td>" for value, side in zip(row, sides, strict=False))
        for row in rows[:_MAX_ROWS]
    ]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    head = f"<thead><tr>{''.join(heads)}</tr></thead>"
    return f"<div>{_title(name)}<table>{head}<tbody>{body}</tbody></table>{_caption(fields, len(cells))}</div>"


def fields_html(name: str, fields: Mapping[str, Any]) -> str:
    """One row a field."""
    return f"<div>{_title(name)}<table><tbody>{_rows(fields.items())}</tbody></table></div>"


def _caption(fields: Mapping[str, Any], shown: int) -> str:
    count = fields.get("row_count")
    parts = []
    if isinstance(count, int):
        parts.append(_rows_of(count) if count == shown else f"{shown:,} of {_rows_of(count)}")
    columns = len(fields.get("columns") or [])
    if columns > _MAX_COLUMNS:
        parts.append(f"{_MAX_COLUMNS} of {columns:,} columns")
    parts += [_text(fields[key]) for key in ("dataset", "dataset_path") if fields.get(key)]
    others = [(key, value) for key, value in fields.items() if key not in _HIDDEN and value not in (None, [], {})]
    parts += [f"{_text(key.replace('_', ' '))}: {_cell(value)}" for key, value in others]
    return f"<div><small{_DIM}>{' · '.join(parts)}</small></div>"


def _rows_of(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _rows(fields: Iterable[tuple[str, Any]]) -> str:
    return "".join(f"<tr><th{_LEFT}>{_text(key)}</th><td{_LEFT}>{_cell(value)}</td></tr>" for key, value in fields)


def _title(name: str) -> str:
    return f"<small{_DIM}>{escape(name)}</small>"


def _cell(value: Any) -> str:
    if value is None:
        return f"<span{_DIM}>null</span>"
    return _text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def _text(value: Any) -> str:
    text = str(value)
    return escape(text if len(text) <= _MAX_CHARS else f"{text[: _MAX_CHARS - 1]}…")


def _is_number(kind: Any) -> bool:
    return _NUMERIC.fullmatch(str(kind)) is not None
