"""Where the server's command comes from, and which flags the options become."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import AWKWARD, REPOSITORY

import axoner
from axoner import Bridge

COMMAND = ["server"]
PACKAGE = Path(axoner.__file__).parent


def test_a_command_given_goes_before_everything_else(monkeypatch):
    monkeypatch.setenv("AXONER_COMMAND", "other")
    assert Bridge(command="/opt/my\\ server --fast").command == ["/opt/my server", "--fast"]
    assert Bridge(command=[Path("/opt/server"), "mcp"]).command == [os.path.join(os.sep, "opt", "server"), "mcp"]


def test_a_command_of_nothing_is_refused():
    with pytest.raises(axoner.ServerNotFound, match="names no command; leave it out"):
        Bridge(command=[])


def test_the_environment_goes_before_the_checkout(monkeypatch):
    monkeypatch.setenv("AXONER_COMMAND", "node /srv/server.js")
    assert Bridge().command == ["node", "/srv/server.js"]


def test_the_clients_own_environment_can_name_the_command():
    assert Bridge(env={"AXONER_COMMAND": "theirs"}).command == ["theirs"]


def test_a_checkout_runs_its_build_on_its_own_node():
    assert Bridge().command == [
        str(REPOSITORY / "node_modules" / ".bin" / "node"),
        str(REPOSITORY / "dist" / "mcp-server.js"),
    ]


@pytest.fixture
def installed(tmp_path):
    """Runs code with a copy of the client that lies in no checkout, and with nothing on PATH but one folder."""
    shutil.copytree(PACKAGE, tmp_path / "lib" / "axoner", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "bin"
    folder.mkdir()

    def run(code: str) -> str:
        env = {**os.environ, "PYTHONPATH": str(tmp_path / "lib"), "PATH": str(folder)}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run.folder = folder
    return run


def test_an_installed_client_finds_axoner_on_the_path(installed):
    program = installed.folder / "axoner"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert installed("import axoner; print(axoner.Bridge().command)") == str([str(program), "mcp"])


def test_without_any_server_the_error_says_what_to_do(installed):
    said = installed("import axoner\ntry: axoner.Bridge()\nexcept axoner.ServerNotFound as error: print(error)")
    assert "npm install -g axoner" in said
    assert "AXONER_COMMAND" in said


def test_options_become_flags_with_absolute_paths(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    bridge = Bridge(
        command=COMMAND,
        root=["one", tmp_path / "two"],
        workspace="work",
        allow_write="more",
        allow_private=["localhost:8080", "10.0.0.0/8"],
        tools=["scrape", "query_data"],
        plugin="mine.mjs",
        log_level="debug",
    )
    here = str(tmp_path)
    assert bridge.command[1:] == [
        "--root", f"{here}/one", "--root", f"{here}/two", "--workspace", f"{here}/work",
        "--allow-write", f"{here}/more", "--plugin", f"{here}/mine.mjs",
        "--allow-private", "localhost:8080", "--allow-private", "10.0.0.0/8",
        "--tools", "scrape,query_data", "--log-level", "debug",
    ]  # fmt: skip


def test_env_reaches_the_server_on_top_of_this_process_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("FROM_HERE", "kept")
    script = "import os, sys; sys.stderr.write(os.environ['FROM_HERE'] + os.environ['ADDED']); sys.exit(1)"
    with pytest.raises(axoner.ServerDied, match="keptnew"):
        Bridge(command=[sys.executable, "-c", script], env={"ADDED": "new"}).list_tools()


def test_a_bridge_says_what_it_is(awkward):
    bridge = awkward()
    assert "not running" in repr(bridge)
    with bridge:
        assert "running: " in repr(bridge)
    assert "closed" in repr(bridge)
    assert AWKWARD[1] in repr(bridge)
