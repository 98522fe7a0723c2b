"""What is wrong with arguments that JSON has no way to say."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import InvalidInput

_DEEPEST = 20


def unsendable(params: Mapping[str, Any], default: Callable[[Any], Any], error: BaseException) -> InvalidInput:
    """Names the argument, and the place in it, that a request could not be written for."""
    given = params.get("arguments", params)
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if not _is_sendable(value, default):
            place, part = _innermost(str(name), value, default)
            return InvalidInput(f"{place} {_said_of(part)}")
    return InvalidInput(f"the arguments cannot be sent: {error}")


def _innermost(place: str, value: Any, default: Callable[[Any], Any]) -> tuple[str, Any]:
    for _ in range(_DEEPEST):
        parts = _parts(value, default)
        found = next(((at, part) for at, part in parts if not _is_sendable(part, default)), None)
        if found is None:
            break
        place, value = f"{place}{found[0]}", found[1]
    return place, value


def _parts(value: Any, default: Callable[[Any], Any]) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{index}]", part) for index, part in enumerate(value)]
    if value is None or isinstance(value, (str, int, float)):
        return []
    try:
        plain = default(value)
    except Exception:
        return []
    return _parts(plain, default) if isinstance(plain, (dict, list, tuple)) else [("", plain)]


def _is_sendable(value: Any, default: Callable[[Any], Any]) -> bool:
    try:
        json.dumps(value, allow_nan=False, default=default)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _said_of(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value!r}, a number that JSON does not have; leave it out, or give a finite one"
    if isinstance(value, (dict, list, tuple)):
        return "is nested too deeply, or has keys that are no text, and cannot be sent"
    kind = type(value).__name__
    return f"is a {kind}, which cannot be sent; give a number, a text, a list or a dictionary, e.g. str(value)"
