"""Values as the JSON of a message."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

#: A server reads no message that is longer, in bytes.
MESSAGE_BYTES = 16 * 1024 * 1024


def encode(params: Mapping[str, Any]) -> str:
    """One line of ASCII. A generator is read here, once.

    :raises InvalidInput: a value is none that JSON knows; it names the argument.
    """
    try:
        return json.dumps(params, separators=(",", ":"), allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        from ._unsendable import unsendable  # here, because most programs do not need it

        raise unsendable(params, _plain, error) from error


def _plain(value: object) -> object:
    """Paths, and what can be listed: tuples of other libraries, arrays, series, sets, generators."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be an argument of a tool")
