"""The command ``axoner``: the server's own, run by the Node there is."""

from __future__ import annotations

import os
import sys

from ._installed import command_on_path, installed_command
from .errors import ServerNotFound


def main() -> int:
    """Become ``axoner`` with the arguments of this process. Exit code 2 where it cannot be started."""
    try:
        program = installed_command("cli.js", os.environ) or command_on_path(os.environ)
    except ServerNotFound as error:
        print(f"axoner: {error}", file=sys.stderr)
        return 2
    command = [*program, *sys.argv[1:]]
    if os.name == "nt":
        import subprocess

        return subprocess.call(command)
    os.execv(command[0], command)
