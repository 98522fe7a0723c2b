"""Fixtures for agents of frameworks, which a folder's conftest takes what it needs of."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from supplier_site import SupplierSite

from axoner import Bridge
from support import REPOSITORY
from support.frameworks import SELECT
from support.model_server import ModelServer, last_result

os.environ.update(OPENAI_API_KEY="sk-local", OPENAI_AGENTS_DISABLE_TRACING="1")

PLUGIN = REPOSITORY / "examples" / "plugin" / "rate-supplier.mjs"


@pytest.fixture(autouse=True)
def _swept() -> Iterator[None]:
    """The frameworks leave their HTTP connections to the garbage collector, which warns of them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def site() -> Iterator[SupplierSite]:
    with SupplierSite() as running:
        yield running


@pytest.fixture
def suppliers(tmp_path: Path, site: SupplierSite) -> Iterator[Bridge]:
    """A bridge that may scrape the site and has a plugin's tool."""
    with Bridge(root=tmp_path, allow_private=site.address, plugin=PLUGIN) as bridge:
        yield bridge


@pytest.fixture
def grader(site: SupplierSite) -> Iterator[ModelServer]:
    """A model that scrapes, makes a mistake, queries what it scraped, asks the plugin's tool, and concludes."""

    def scrape(_messages):
        return [("scrape", {"urls": site.urls(5), "select": SELECT, "save_as": "pages"})]

    def misspell(_messages):
        return [("query_data", {"sql": "select nothing from pages"})]

    def query(messages):
        assert "ERROR invalid_input" in str(messages[-1]["content"])
        best = "order by rating desc, supplier_id limit 1"
        return [("query_data", {"sql": f"select lead_days::integer, rating::double from pages {best}"})]

    def grade(messages):
        lead_days, rating = last_result(messages)["rows"][0]
        return [("rate_supplier", {"lead_days": lead_days, "rating": rating})]

    def conclude(messages):
        return f"grade {last_result(messages)['grade']}"

    with ModelServer([scrape, misspell, query, grade, conclude]) as server:
        yield server


@pytest.fixture
def endless() -> Iterator[ModelServer]:
    """A model that asks for what takes for ever, and then says what it was told."""
    sql = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    turns = [lambda _messages: [("query_data", {"sql": sql})], lambda messages: str(messages[-1]["content"])]
    with ModelServer(turns) as server:
        yield server
