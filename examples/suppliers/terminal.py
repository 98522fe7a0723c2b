"""What the job prints: steps with a live line, tables, and colours where they are welcome."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_IN_PLACE = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
_BAR_WIDTH = 20
_NAME_WIDTH = 8
_OUTCOME_WIDTH = 62
_CLEAR = "\r\x1b[2K" if _IN_PLACE else ""
_COLOUR = _IN_PLACE and not os.environ.get("NO_COLOR")


def paint(style: str, text: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if _COLOUR else text


def heading(text: str) -> None:
    print(f"\n{paint('bold', text)}")


def seconds(duration: float) -> str:
    return f"{duration:.2f} s" if duration < 10 else f"{duration:.1f} s"


def size(path: str) -> str:
    size_bytes = float(os.path.getsize(path))
    for unit in ("B", "KB", "MB"):
        if size_bytes < 1000:
            return f"{size_bytes:.3g} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.3g} GB"


class Step:
    """A line of the report: what is going on while it runs, what came of it and how long it took when it is done."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shown_share = 0.0
        self._drawn_at = 0.0
        self.outcome = ""
        self.skipped = False

    def progress(self, done: float, total: float | None, message: str | None = None) -> None:
        share = done / total if total else 0.0
        text = f"{done:,.0f} of {total:,.0f} {message or ''}" if total else f"{done:,.0f} {message or ''}"
        if _IN_PLACE and (time.monotonic() - self._drawn_at > 0.05 or share >= 1):
            self._drawn_at = time.monotonic()
            room = shutil.get_terminal_size().columns - _BAR_WIDTH - 15
            print(f"{_CLEAR}  … {self._name:<{_NAME_WIDTH}}{_bar(share)} {text[:room]}", end="", flush=True)
        elif not _IN_PLACE and share - self._shown_share >= 0.25:
            self._shown_share = share
            print(f"    {self._name:<{_NAME_WIDTH}}{share:4.0%}  {text}".rstrip(), flush=True)

    def finish(self, duration: float) -> None:
        mark, took = (paint("dim", "="), "already done") if self.skipped else (paint("green", "✓"), seconds(duration))
        name = paint("bold", f"{self._name:<{_NAME_WIDTH}}")
        print(f"{_CLEAR}  {mark} {name}{self.outcome:<{_OUTCOME_WIDTH}} {paint('dim', f'{took:>12}')}", flush=True)

    def fail(self) -> None:
        print(f"{_CLEAR}  {paint('red', '✗')} {paint('bold', self._name)}", flush=True)


@contextmanager
def step(name: str) -> Iterator[Step]:
    running, started = Step(name), time.perf_counter()
    try:
        yield running
    except BaseException:
        running.fail()
        raise
    running.finish(time.perf_counter() - started)


def total(duration: float) -> None:
    """How long all steps took, below what each of them did."""
    print(paint("dim", f"\n    {'all of it':<{_NAME_WIDTH + _OUTCOME_WIDTH}} {seconds(duration):>12}"))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Numbers to the right with equally many decimals, text to the left."""
    values = [list(column) for column in zip(*rows, strict=True)]
    numeric = [all(isinstance(value, (int, float)) for value in column) for column in values]
    texts = [
        _numbers(column) if right else [str(value) for value in column]
        for column, right in zip(values, numeric, strict=True)
    ]
    widths = [max(map(len, (name, *column))) for name, column in zip(columns, texts, strict=True)]

    def line(cells: Sequence[str]) -> str:
        placed = zip(cells, widths, numeric, strict=True)
        return (
            "  "
            + "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in placed).rstrip()
        )

    print(paint("dim", line(columns)))
    for cells in zip(*texts, strict=True):
        print(line(cells))


def _numbers(column: Sequence[float]) -> list[str]:
    decimals = max(len(f"{value:.2f}".rstrip("0").partition(".")[2]) for value in column)
    return [f"{value:,.{decimals}f}" for value in column]


def _bar(share: float) -> str:
    full = round(min(share, 1.0) * _BAR_WIDTH)
    return paint("cyan", "━" * full) + paint("dim", "─" * (_BAR_WIDTH - full))
