"""How far a call has come: as a bar, as a line on stderr, or to whoever wants to know."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TextIO


class Progress(NamedTuple):
    """``total`` and ``message`` are ``None`` where the tool does not tell them."""

    done: float
    total: float | None = None
    message: str | None = None


#: Called with what is done, the total where it is known, and a word on how it goes.
ProgressCallback = Callable[[float, "float | None", "str | None"], object]
#: ``True`` shows a bar of tqdm, or a line on stderr where tqdm is not installed; a callable gets
#: ``(done, total, message)``.
ProgressOption = bool | ProgressCallback | None

_TERMINAL_INTERVAL_S = 0.1
_PLAIN_INTERVAL_S = 5.0


class Display(Protocol):
    """Shows how far a call has come, and leaves the terminal tidy at its end."""

    def update(self, done: float, total: float | None, message: str | None) -> None: ...
    def finish(self) -> None: ...


def open_display(label: str) -> Display:
    """A bar of tqdm where that is installed, else a line on stderr."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a notebook without widgets
            from tqdm.auto import tqdm
    except ImportError:
        return ProgressLine(label)
    return ProgressBar(tqdm(desc=label, unit="", dynamic_ncols=True))


class ProgressBar:
    """A bar of tqdm."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def update(self, done: float, total: float | None, message: str | None) -> None:
        self._bar.total = total
        if message:
            self._bar.set_postfix_str(message, refresh=False)
        self._bar.update(done - self._bar.n)

    def finish(self) -> None:
        self._bar.refresh()
        self._bar.close()


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
