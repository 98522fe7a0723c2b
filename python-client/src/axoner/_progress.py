"""``progress=True``: one line on stderr that says how far a call has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

#: Called with what is done, the total where it is known, and a word on how it goes.
ProgressCallback = Callable[[float, "float | None", "str | None"], object]
#: ``True`` prints a line to stderr, a callable gets ``(done, total, message)``.
ProgressOption = bool | ProgressCallback | None

_TERMINAL_INTERVAL_S = 0.1
_PLAIN_INTERVAL_S = 5.0


class ProgressLine:
    """Redraws one line on a terminal; elsewhere prints a line every few seconds."""

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self._label = label
        self._stream = sys.stderr if stream is None else stream
        self._in_place = self._stream.isatty()
        self._drawn_at = -_PLAIN_INTERVAL_S
        self._shown = ""
        self._text = ""

    def update(self, done: float, total: float | None, message: str | None) -> None:
        share = f"{done:g}" if not total else f"{done:g}/{total:g} ({done / total:.0%})"
        self._text = " ".join(part for part in (self._label, share, message) if part)
        interval = _TERMINAL_INTERVAL_S if self._in_place else _PLAIN_INTERVAL_S
        if time.monotonic() - self._drawn_at >= interval:
            self._draw()

    def finish(self) -> None:
        if self._text != self._shown:
            self._draw()
        if self._shown and self._in_place:
            print(file=self._stream)

    def _draw(self) -> None:
        self._drawn_at = time.monotonic()
        self._shown = self._text
        if self._in_place:
            print(f"\r\x1b[2K{self._text}", end="", file=self._stream, flush=True)
        else:
            print(self._text, file=self._stream, flush=True)
