"""Runs the blocks of docs/python/frameworks.md."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

from . import REPOSITORY
from .model_server import ModelServer

PAGE = REPOSITORY / "docs" / "python" / "frameworks.md"


def blocks_of(section: str) -> list[str]:
    """The code under a heading: natively first, then over MCP."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {section}"
    return re.findall(r"^```python\n(.*?)^```", found[1], re.MULTILINE | re.DOTALL)


def orders(folder: Path) -> None:
    (folder / "orders.csv").write_text("sku,quantity\na,3\nb,4\n")


def counter() -> ModelServer:
    """A model that asks for the sum and says it."""

    def query(_messages):
        return [("query_data", {"sql": "select sum(quantity)::bigint from 'orders.csv'"})]

    def conclude(messages):
        rows = re.search(r"rows\W+(\d+)", str(messages[-1]["content"]))  # not every framework shows JSON
        assert rows, messages[-1]
        return f"{rows[1]} pieces were ordered"

    return ModelServer([query, conclude])


def run_block(code: str, model: object) -> str:
    """What it prints, in the current folder."""
    printed = io.StringIO()
    with redirect_stdout(
        printed
    ):  # stdout alone: MCP clients hand stderr, as it was when they were imported, to a process
        exec(compile(code, PAGE.name, "exec"), {"__name__": "__main__", "model": model})
    return printed.getvalue()
