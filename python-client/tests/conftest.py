from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import AWKWARD

from axoner import Bridge


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the developer's own configuration or home reaches a server under test."""
    for name in [name for name in os.environ if name.startswith("AXONER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AXONER_SHARED_ENGINE", "off")  # it would outlive its test


@pytest.fixture
def awkward() -> Iterator[Callable[..., Bridge]]:
    """Opens bridges to the awkward server, with flags of its own."""
    opened: list[Bridge] = []

    def open_bridge(*flags: str, **options: Any) -> Bridge:
        opened.append(Bridge(command=[*AWKWARD, *flags], **options))
        return opened[-1]

    yield open_bridge
    for bridge in opened:
        bridge.close()


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    """A bridge to the real server, whose root is the test's folder."""
    with Bridge(root=tmp_path) as opened:
        yield opened


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Waits, within reason, until a condition holds, and gives its value."""

    def wait(condition: Callable[[], Any], seconds: float = 10) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """The messages that a server started with ``--log`` ``tmp_path/sent`` has been sent."""

    def read() -> list[dict[str, Any]]:
        path = tmp_path / "sent"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    return read
