"""Values as the JSON of a message."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

#: A server reads no message that is longer, in bytes.
MESSAGE_BYTES = 16 * 1024 * 1024


def encode(value: Any) -> str:
    """One line of ASCII. A generator is read here, once; what JSON does not know raises TypeError or ValueError."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: object) -> object:
    """Paths, and what can be listed: tuples of other libraries, arrays, series, sets, generators."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be an argument of a tool")
