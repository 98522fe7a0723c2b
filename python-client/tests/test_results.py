"""Rows and datasets as frames: every type arrives as what it is."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path

import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest

import axoner
from axoner import TableResult, ToolResult
from axoner._column_type import ColumnType, parse_column_type

COLUMNS = {
    "yes": ("BOOLEAN", [True, None, False]),
    "small": ("INTEGER", [1, None, -3]),
    "big": ("BIGINT", [1, None, "9007199254740993"]),
    "sum": ("HUGEINT", [5, None, "9007199254740993"]),
    "huge": ("HUGEINT", ["170141183460469231731687303715884105727", None, 1]),
    "price": ("DECIMAL(18,3)", ["12.500", None, "-0.001"]),
    "ratio": ("DOUBLE", [0.5, None, "NaN"]),
    "day": ("DATE", ["2024-02-29", None, "1970-01-01"]),
    "clock": ("TIME", ["23:59:59.5", None, "00:00:00"]),
    "local": ("TIMESTAMP", ["2024-02-29T12:00:00.123456", None, "2024-02-29 12:00:00"]),
    "moment": ("TIMESTAMP WITH TIME ZONE", ["2024-02-29T12:00:00Z", None, "2024-02-29 12:00:00.25+05:30"]),
    "text": ("VARCHAR", ["0012", None, "ünï"]),
    "tags": ("VARCHAR[]", [["a", None], None, []]),
    "links": ("STRUCT(text VARCHAR, url VARCHAR)[]", [[{"text": "a, b", "url": None}], None, []]),
    "tables": ("JSON", [[{"rows": [[1]]}], None, "[]"]),
    "raw": ("BLOB", ["\\xDE\\x00A", None, ""]),
    "id": ("UUID", ["00000000-0000-0000-0000-000000000001", None, "00000000-0000-0000-0000-000000000002"]),
}
FIRST_AND_LAST = {
    "yes": (True, False),
    "small": (1, -3),
    "big": (1, 9007199254740993),
    "sum": (5, 9007199254740993),
    "price": (Decimal("12.500"), Decimal("-0.001")),
    "day": (date(2024, 2, 29), date(1970, 1, 1)),
    "clock": (time(23, 59, 59, 500_000), time(0)),
    "local": (datetime(2024, 2, 29, 12, 0, 0, 123456), datetime(2024, 2, 29, 12)),
    "moment": (
        datetime(2024, 2, 29, 12, tzinfo=timezone.utc),
        datetime(2024, 2, 29, 6, 30, 0, 250_000, tzinfo=timezone.utc),
    ),
    "text": ("0012", "ünï"),
    "tags": (["a", None], []),
    "links": ([{"text": "a, b", "url": None}], []),
    "tables": ('[{"rows": [[1]]}]', "[]"),
    "raw": (b"\xde\x00A", b""),
    "id": ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"),
}


def table(**more) -> TableResult:
    cells = [column[1] for column in COLUMNS.values()]
    fields = {
        "columns": list(COLUMNS),
        "types": [column[0] for column in COLUMNS.values()],
        "rows": [list(row) for row in zip(*cells, strict=True)],
    }
    return TableResult({"status": "done", **fields, "row_count": 3, **more})


@pytest.fixture(params=["reply", "jsonl"])
def result(request, tmp_path) -> TableResult:
    """The same table in a reply, and in a dataset of JSON lines whose reply shows only the first row."""
    if request.param == "reply":
        return table()
    whole, path = table(), tmp_path / "dataset.jsonl"
    rows = [dict(zip(whole.columns, row, strict=True)) for row in whole.rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return table(rows=whole.rows[:1], truncated=True, dataset_path=str(path), dataset_format="jsonl")


def test_arrow_keeps_types_and_nulls(result):
    arrow = result.to_arrow()
    for name, (first, last) in FIRST_AND_LAST.items():
        assert arrow[name].to_pylist() == [first, None, last], name
    assert arrow["huge"].to_pylist() == [Decimal(2**127 - 1), None, Decimal(1)]
    assert arrow.schema.field("sum").type == pyarrow.int64()
    assert str(arrow["ratio"].to_pylist()[2]) == "nan"


def test_polars_keeps_types_and_nulls(result):
    frame = result.to_polars()
    for name, (first, last) in FIRST_AND_LAST.items():
        assert frame[name].to_list() == [first, None, last], name
    assert frame["huge"].to_list() == [2**127 - 1, None, 1]
    assert frame.schema["price"] == polars.Decimal(18, 3)


def test_pandas_keeps_types_and_nulls(result):
    frame = result.to_pandas()
    assert frame["big"].dropna().tolist() == [1, 9007199254740993]
    assert frame["price"].dropna().tolist() == [Decimal("12.500"), Decimal("-0.001")]
    assert frame["day"].dropna().tolist() == [date(2024, 2, 29), date(1970, 1, 1)]
    assert frame.isna().sum().drop("ratio").eq(1).all()


def test_an_empty_table_keeps_its_types():
    empty = table(rows=[], row_count=0)
    assert empty.to_polars().schema["day"] == polars.Date
    assert empty.to_arrow().schema.field("big").type == pyarrow.int64()
    assert len(empty.to_pandas()) == 0


def test_a_parquet_dataset_is_read_from_its_file(tmp_path):
    path = tmp_path / "year=2024" / "dataset.parquet"
    path.parent.mkdir()
    written = pyarrow.table({"n": pyarrow.array([2**60 + 1, None], pyarrow.int64())})
    pyarrow.parquet.write_table(written, path)
    result = TableResult(
        {
            "columns": ["n"],
            "types": ["BIGINT"],
            "rows": [[1]],
            "truncated": True,
            "dataset_path": str(path),
            "dataset_format": "parquet",
        }
    )
    assert result.to_arrow().to_pydict() == {"n": [2**60 + 1, None]}
    assert result.to_polars().to_dict(as_series=False) == {"n": [2**60 + 1, None]}
    assert isinstance(result.to_pandas(), pandas.DataFrame)


def test_cut_rows_without_a_dataset_are_refused():
    with pytest.raises(axoner.IncompleteRows, match="save_as="):
        table(truncated=True).to_polars()


def test_a_dataset_whose_file_is_gone_says_so(tmp_path):
    result = table(dataset_path=str(tmp_path / "gone.parquet"), dataset_format="parquet")
    with pytest.raises(axoner.NotFound, match=r"gone\.parquet"):
        result.to_arrow()


@pytest.mark.parametrize(
    "method, library, extra",
    [("to_polars", "polars", "polars"), ("to_arrow", "pyarrow", "arrow"), ("to_pandas", "pandas", "pandas")],
)
def test_a_missing_library_is_named_with_the_way_to_get_it(monkeypatch, method, library, extra):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"`pip install {library}.*\[{extra}\]"):
        getattr(table(), method)()


def test_a_result_is_a_mapping_with_attributes():
    result = table(note="hi")
    assert result.row_count == result["row_count"] == 3
    assert dict(result) == result.to_dict()
    assert "note" in dir(result)
    assert repr(result).startswith("TableResult(status='done', columns=")
    with pytest.raises(AttributeError, match="has no colour; it has status"):
        _ = result.colour


def test_a_declared_field_that_was_left_out_reads_as_none():
    assert axoner.client.RESULTS["query_data"]({"rows": []}).dataset is None


def test_a_result_can_be_pickled_and_copied():
    result = table()
    assert pickle.loads(pickle.dumps(result)) == copy.deepcopy(result) == result
    assert isinstance(result, ToolResult)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("DECIMAL(18,3)", ColumnType("DECIMAL", (), 18, 3)),
        ("integer[3]", ColumnType("LIST", (("", ColumnType("INTEGER")),))),
        (
            "MAP(VARCHAR, BIGINT)",
            ColumnType("MAP", (("key", ColumnType("VARCHAR")), ("value", ColumnType("BIGINT")))),
        ),
        ("STRUCT(a HUGEINT[], b DATE)", ColumnType("VARCHAR")),  # as the dataset's file has it
        (
            'STRUCT("odd, ""name"" (1)" DECIMAL(4,1), b STRUCT(c DATE)[][])',
            ColumnType(
                "STRUCT",
                (
                    ('odd, "name" (1)', ColumnType("DECIMAL", (), 4, 1)),
                    (
                        "b",
                        ColumnType(
                            "LIST",
                            (("", ColumnType("LIST", (("", ColumnType("STRUCT", (("c", ColumnType("DATE")),))),))),),
                        ),
                    ),
                ),
            ),
        ),
    ],
)
def test_type_names_are_understood(text, expected):
    assert parse_column_type(text) == expected


def test_what_is_loaded_late_is_listed_too():
    assert set(axoner.__all__) <= set(dir(axoner))


def test_importing_the_client_loads_nothing_heavy():
    heavy = ["asyncio", "concurrent.futures", "langchain_core", "pandas", "polars", "pyarrow", "shutil"]
    folder = str(Path(axoner.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {folder!r}); import axoner; print(set(sys.modules) & set({heavy}))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("set()\n", "")
