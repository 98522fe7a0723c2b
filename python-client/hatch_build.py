"""Puts the server into the wheel, where ``npm run build:python`` names it; else a wheel is the client alone."""

from __future__ import annotations

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ServerHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        server = os.environ.get("AXONER_SERVER")
        if server is None or version == "editable":
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{os.environ['AXONER_PLATFORM']}"
        build_data["force_include"][server] = "axoner/_server"
