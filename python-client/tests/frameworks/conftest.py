from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from supplier_site import SupplierSite
from support import REPOSITORY
from support.agent_fixtures import _swept, endless, grader, suppliers

from axoner import Bridge

__all__ = ["_swept", "endless", "grader", "suppliers"]

# Before any framework is imported: none of them may call home.
os.environ.update(
    CREWAI_DISABLE_TELEMETRY="true",
    CREWAI_DISABLE_TRACKING="true",
    CREWAI_TRACING_ENABLED="false",
    CREWAI_TESTING="true",
    OTEL_SDK_DISABLED="true",
    LANGSMITH_TRACING="false",
    OPENAI_API_KEY="sk-local",
    ANONYMIZED_TELEMETRY="false",
)

PLUGIN = REPOSITORY / "examples" / "plugin" / "rate-supplier.mjs"


@pytest.fixture(scope="session")
def site() -> Iterator[SupplierSite]:
    with SupplierSite() as running:
        yield running


@pytest.fixture
def options(tmp_path: Path, site: SupplierSite) -> dict[str, object]:
    """How every framework here starts the server."""
    (tmp_path / "orders.csv").write_text("supplier_id,quantity\nS001,3\nS002,5\nS001,4\n")
    return {"root": tmp_path, "allow_private": site.address, "plugin": PLUGIN}


@pytest.fixture
def server(options: dict[str, object]) -> tuple[str, list[str]]:
    """The server's program and arguments, as a framework's configuration wants them."""
    program, *arguments = Bridge(**options).command  # type: ignore[arg-type]
    # clients pass no variable on; a shared engine would outlive its test, and a busy machine make jobs of calls
    return program, [*arguments, "--shared-engine", "off", "--answer-within", "0"]
