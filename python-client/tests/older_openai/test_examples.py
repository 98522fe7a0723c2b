"""The example for Strands, against a scripted model."""

from __future__ import annotations

import os
import subprocess
import sys

from support import REPOSITORY
from support.docs import counter, orders


def test_the_example_answers_from_the_data(tmp_path):
    orders(tmp_path)
    with counter() as model:
        env = {
            **os.environ,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": "sk-local",
            "PYTHONPATH": str(REPOSITORY / "python-client" / "src"),
        }
        question = "How many pieces were ordered?"
        command = [sys.executable, str(REPOSITORY / "examples" / "strands_agent.py"), str(tmp_path), question]
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "7 pieces were ordered"
