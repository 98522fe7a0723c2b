"""The examples for frameworks, against a scripted model."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support import REPOSITORY
from support.model_server import ModelServer, last_result


@pytest.mark.parametrize("example", ["langchain_agent.py", "crewai_crew.py"])
def test_the_example_answers_from_the_data(example, tmp_path):
    (tmp_path / "orders.csv").write_text("sku,quantity\na,3\nb,4\n")

    def query(_messages):
        return [("query_data", {"sql": "select sum(quantity)::bigint from 'orders.csv'"})]

    def conclude(messages):
        return f"{last_result(messages)['rows'][0][0]} pieces were ordered"

    with ModelServer([query, conclude]) as model:
        env = {
            **os.environ,
            "OPENAI_BASE_URL": model.base_url,
            "PYTHONPATH": str(REPOSITORY / "python-client" / "src"),
            "HOME": str(tmp_path),
        }
        command = [
            sys.executable,
            str(REPOSITORY / "examples" / example),
            str(tmp_path),
            "How many pieces were ordered?",
        ]
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "7 pieces were ordered"
