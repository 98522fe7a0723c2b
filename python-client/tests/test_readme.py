"""The README's Python runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_python_block_prints_the_totals(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("city,amount\nLyon,10\nOslo,32\nLyon,5\n")
    block = re.search(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    done = subprocess.run(
        [sys.executable, "-c", block[1]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python-client" / "src")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    totals, converted = done.stdout.splitlines()
    assert "Oslo" in totals.split("]")[0] and "32" in totals and "15" in totals
    assert converted.startswith("23.14")
