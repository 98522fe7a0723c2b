"""What earlier runs finished, so that a step with the same inputs is not done twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class DoneSteps:
    """A JSON file beside the outputs: for each step its inputs, its files with their sizes, and what it found out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._steps: dict[str, Any] = _read(path)

    def find(self, step: str, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """What the step found out, if it was done with these inputs and its files are still as it left them."""
        known = self._steps.get(step)
        if known is None or known["inputs"] != inputs:
            return None
        unchanged = all(_size(path) == size_bytes for path, size_bytes in known["files"].items())
        return known["facts"] if unchanged else None

    def record(self, step: str, inputs: dict[str, Any], files: Iterable[str], facts: dict[str, Any]) -> dict[str, Any]:
        sizes = {str(path): _size(path) for path in files}
        self._steps[step] = {"inputs": inputs, "files": sizes, "facts": facts}
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(json.dumps(self._steps, indent=1), encoding="utf-8")
        os.replace(unfinished, self._path)
        return facts


def fingerprint(path: Path) -> str:
    """Stands for the content of a source file among a step's inputs."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else -1


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:  # cut short by a crash: everything is done anew
        return {}
