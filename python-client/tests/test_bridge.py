"""The bridge against the real server: one method a tool, real files, a real site."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pandas
import pytest
from supplier_site import SupplierSite
from support import REPOSITORY

import axoner
from axoner import Bridge

ORDERS = """\
order_id,sku,quantity,price,ordered_on,big
1,00123,3,19.99,2025-01-31,9007199254740993
2,00456,,5.00,2025-02-28,1
3,00123,7,0.01,,2
"""


@pytest.fixture
def orders(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS)
    return "orders.csv"


def test_calculate(bridge):
    result = bridge.calculate("0.1 + 0.2")
    assert (result.status, result.result) == ("done", "0.3")
    assert type(result).__name__ == "CalculateResult"


def test_query_data_over_a_csv(bridge, orders):
    result = bridge.query_data(f"select order_id, quantity from '{orders}' order by order_id desc", limit=2)
    assert (result.columns, result.rows, result.row_count) == (["order_id", "quantity"], [[3, 7], [2, None]], 3)


def test_a_dataset_reaches_every_library_with_its_types(bridge, orders):
    columns = "order_id, sku, quantity, price::decimal(10,2) as price, ordered_on, big::bigint as big"
    sql = f"select {columns} from '{orders}' order by order_id"
    result = bridge.query_data(sql, save_as="typed")
    expected = {
        "order_id": [1, 2, 3],
        "sku": ["00123", "00456", "00123"],
        "quantity": [3, None, 7],
        "price": [Decimal("19.99"), Decimal("5.00"), Decimal("0.01")],
        "ordered_on": [date(2025, 1, 31), date(2025, 2, 28), None],
        "big": [9007199254740993, 1, 2],
    }
    assert os.path.isfile(result.dataset_path)
    assert result.to_arrow().to_pydict() == expected
    assert result.to_polars().to_dict(as_series=False) == expected
    frame = result.to_pandas()
    assert {name: [None if value is pandas.NA else value for value in frame[name]] for name in frame} == expected


def test_more_rows_than_a_reply_holds_arrive_whole(bridge):
    result = bridge.query_data("select range as n, repeat('x', 100) as text from range(20000)", limit=5)
    assert len(result.rows) <= 5
    assert result.row_count == 20_000
    frame = result.to_polars()
    assert (frame.height, frame["n"].sum()) == (20_000, 199_990_000)


def test_a_database_reaches_python_with_its_types(bridge, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("create table sales (id integer, price real, sold date, raw blob)")
        shop.execute("insert into sales values (9007199254740993, 1.5, '2024-02-29', x'de00')")
    shop.close()
    result = bridge.query_database(
        "sqlite:shop.db", "select * from sales where price < $1", params=["2"], save_as="sales"
    )
    assert result.to_polars().rows() == [(9007199254740993, 1.5, date(2024, 2, 29), b"\xde\x00")]
    with pytest.raises(axoner.NotFound, match="--database"):
        bridge.query_database("shop", "select 1")


def test_a_saved_dataset_is_a_source_for_the_next_bridge(tmp_path, orders):
    with Bridge(root=tmp_path) as first:
        first.query_data(f"select sku from '{orders}'", save_as="skus")
    with Bridge(root=tmp_path) as second:
        assert second.read_rows("skus", limit=1).rows == [["00123"]]


def test_profile_and_export(bridge, orders, tmp_path):
    profile = bridge.profile_data(orders)
    assert profile.row_count == 3
    assert [column["name"] for column in profile.columns][:2] == ["order_id", "sku"]
    exported = bridge.export_data(orders, "copy.parquet", format="parquet")
    assert exported.row_count == 3
    assert os.path.getsize(exported.path) == exported.size_bytes


def test_scrape_shows_progress_and_lists_what_failed(tmp_path):
    seen = []
    with SupplierSite() as site, Bridge(root=tmp_path, allow_private=site.address) as bridge:
        select = [{"name": "name", "css": "h1.name"}, {"name": "country", "css": ".country"}]
        result = bridge.scrape(site.urls(12), select=select, progress=lambda *update: seen.append(update))
    assert (result.ok, result.failed, result.row_count) == (11, 1, 12)
    assert [(failure["url"][-4:], failure["code"]) for failure in result.failures] == [("S011", "http_error")]
    assert [update[:2] for update in seen][-1] == (12, 12)
    frame = result.to_polars()
    assert frame["url"].to_list() == site.urls(12)
    assert frame["name"].to_list()[0] == "Baltic Foods 1"
    assert frame["fetched_at"].dtype.is_temporal()
    assert frame["name"].null_count() == 1


@pytest.mark.parametrize(
    "failing, error",
    [
        (lambda bridge: bridge.query_data("select * from 'gone.csv'"), axoner.NotFound),
        (lambda bridge: bridge.query_data("select * from '/etc/passwd'"), axoner.NotAllowed),
        (lambda bridge: bridge.query_data("selekt 1"), axoner.InvalidInput),
        (lambda bridge: bridge.query_data("select 1", limit=-1), axoner.InvalidInput),
        (lambda bridge: bridge.call_tool("calculate", {"expression": "1", "colour": "red"}), axoner.InvalidInput),
        (lambda bridge: bridge.call_tool("calculate"), axoner.InvalidInput),
        (lambda bridge: bridge.read_rows("ds_0000000000000000"), axoner.NotFound),
    ],
)
def test_a_failed_tool_raises_by_its_code_and_the_next_call_works(bridge, failing, error):
    with pytest.raises(error):
        failing(bridge)
    assert bridge.calculate("1 + 1").result == "2"


def test_an_unknown_tool_is_named(bridge):
    with pytest.raises(axoner.AxonerError, match="frobnicate"):
        bridge.call_tool("frobnicate")


def test_tools_narrows_and_plugin_adds(tmp_path):
    plugin = REPOSITORY / "examples" / "plugin" / "rate-supplier.mjs"
    with Bridge(root=tmp_path, plugin=plugin, tools=["calculate", "rate_supplier"]) as bridge:
        # and `job`, which belongs to every tool that may take long
        assert {tool["name"] for tool in bridge.list_tools()} == {"calculate", "rate_supplier", "job"}
        assert bridge.call_tool("rate_supplier", {"lead_days": 5, "rating": 4.5}).grade == "A"
        with pytest.raises(axoner.AxonerError):
            bridge.query_data("select 1")


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"log_level": "shouting"}, "--log-level"),
        ({"tools": "frobnicate"}, "frobnicate"),
        ({"root": "gone"}, "gone"),
        ({"plugin": "gone.mjs"}, "gone.mjs"),
        ({"plugin": "throws.mjs"}, "throws.mjs cannot be loaded: out of coffee"),
        ({"plugin": "empty.mjs"}, "empty.mjs exports no tool"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_a_sentence(tmp_path, monkeypatch, options, sentence):
    (tmp_path / "throws.mjs").write_text("throw new TypeError('out of coffee')")
    (tmp_path / "empty.mjs").write_text("export const nothing = 1")
    monkeypatch.chdir(tmp_path)
    bridge = Bridge(**{"root": tmp_path, **options})
    with pytest.raises((axoner.ServerDied, axoner.ProtocolError), match=sentence) as caught:
        bridge.list_tools()
    bridge.close()
    *introduction, reason = str(caught.value).splitlines()
    assert len(introduction) <= 1
    assert sentence in reason


def test_a_program_that_closes_its_bridge_leaves_nothing_open(tmp_path):
    script = f"""
import asyncio
from axoner import Bridge
with Bridge(root={str(tmp_path)!r}) as bridge:
    print(bridge.query_data("select 42").rows)
    print(asyncio.run(bridge.await_tool("calculate", {{"expression": "1"}})).result)
"""
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "python-client" / "src")}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[[42]]\n1\n", "")


def test_a_long_query_stops_at_its_time_limit_and_the_next_call_works(bridge):
    with pytest.raises(axoner.CallTimeout):
        bridge.query_data(
            "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3", timeout=1.5
        )
    assert bridge.query_data("select 42 as answer", timeout=30).rows == [[42]]


def test_calls_run_beside_each_other(bridge):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: bridge.calculate(f"{number}^2").result, range(24)))
    assert answers == [str(number * number) for number in range(24)]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_query_whose_server_is_killed_is_asked_again(bridge, eventually):
    first = bridge._connection
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(
            bridge.query_data, "select count(*) from range(3000000) a, range(300) b where a.range % 7 = 3"
        )
        eventually(lambda: first._pending)
        os.kill(first.pid, signal.SIGKILL)
        assert asked.result(60).rows == [[428571 * 300]]
    assert bridge._connection is not first


def test_a_bridge_works_inside_a_running_event_loop(bridge):
    async def cell():
        return bridge.calculate("2 * 21").result

    assert asyncio.run(cell()) == "42"
