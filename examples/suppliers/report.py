"""What the job prints once the work is done."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from terminal import heading, paint, size, table

_REPORT_WIDTH = 100


def print_report(top: Any, row_count: int) -> None:
    heading(f"Revenue by supplier (the first {len(top.rows)} of {row_count})")
    table(top.columns, top.rows)


def print_failures(pages: dict[str, Any]) -> None:
    failures = pages["failures"]
    if not failures:
        return
    heading(f"{len(failures)} pages could not be read; their orders are left out")
    named = [(failure["url"].partition("//")[2].partition("/")[2], failure["code"]) for failure in failures]
    left = sum(max(map(len, column)) + 2 for column in zip(*named, ("page", "code"), strict=True)) + 2
    rows = []
    for (page, code), failure in zip(named, failures, strict=True):
        first, *rest = textwrap.wrap(failure["message"], max(_REPORT_WIDTH - left, 40), break_on_hyphens=False)
        rows += [[page, code, first], *(["", "", line] for line in rest)]
    table(["page", "code", "why"], rows)


def print_files(root: Path, datasets: Sequence[tuple[str, dict[str, Any]]]) -> None:
    heading("Files")
    paths = [("orders.csv", str(root / "orders.csv")), *((name, facts["dataset_path"]) for name, facts in datasets)]
    table(["what", "size", "where"], [[name, size(path), path] for name, path in paths])


def print_registration(command: Sequence[str]) -> None:
    program, *arguments = command
    entry = {"command": program, "args": arguments}
    heading("Use it from your own agent")
    print(paint("dim", f"The last argument is the folder whose files the tools may read; here: {arguments[-1]}"))
    print(f"\n  {paint('bold', 'LangChain')} (pip install langchain-mcp-adapters)\n")
    print(
        _indented(f"client = MultiServerMCPClient({json.dumps({'axoner': {'transport': 'stdio', **entry}}, indent=2)})")
    )
    print("    tools = await client.get_tools()")
    print(f"\n  {paint('bold', 'CrewAI')} (pip install 'crewai-tools[mcp]')\n")
    print(
        _indented(
            f"server = StdioServerParameters(command={json.dumps(program)}, args={json.dumps(arguments, indent=2)})"
        )
    )
    print("    with MCPServerAdapter(server) as tools: ...")
    print(f"\n  {paint('bold', 'Claude Desktop')} (claude_desktop_config.json)\n")
    print(_indented(json.dumps({"mcpServers": {"axoner": entry}}, indent=2)))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
