"""What can be said of the package without running it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support import REPOSITORY


@pytest.mark.parametrize("check", [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]], ids=" ".join)
def test_the_package_passes(check):
    command = [sys.executable, "-m", *check]
    done = subprocess.run(command, cwd=REPOSITORY / "python-client", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
