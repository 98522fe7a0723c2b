"""How results look in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from axoner import TableResult, ToolResult

HOSTILE = "<script>alert('x')</script><img src=x onerror=\"y\">&"


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        assert {name for name, _ in attrs} <= {"style"}

    def handle_data(self, data):
        self.text += f"{data}|"


def table(rows, **more):
    fields = {"columns": [HOSTILE, "n"], "types": [HOSTILE, "BIGINT"], "rows": rows, "row_count": len(rows)}
    return TableResult({"status": "done", **fields, **more})


def test_nothing_of_a_result_becomes_html():
    result = table([[HOSTILE, 1], [None, HOSTILE]], dataset=HOSTILE, dataset_path=HOSTILE, notes=[HOSTILE])
    for html in (result._repr_html_(), ToolResult({HOSTILE: HOSTILE, "deep": {"a": [HOSTILE]}})._repr_html_()):
        tags = Tags(html)
        assert tags.names <= {"div", "small", "table", "thead", "tbody", "tr", "th", "td", "br", "span"}
        assert "alert('x')" in tags.text


def test_a_long_table_shows_its_beginning_and_says_so():
    rows = [[f"name {n}", n] for n in range(50)]
    html = table(rows, row_count=12_345, truncated=True, dataset="ds_1", ok=50, failed=0)._repr_html_()
    assert html.count("<tr>") == 11
    text = Tags(html).text
    assert "10 of 12,345 rows · ds_1 · ok: 50 · failed: 0" in text
    assert "bigint" in text
    assert "text-align:right" in html


def test_an_empty_and_a_wide_table_and_a_long_cell_are_shown():
    wide = {"columns": [f"c{n}" for n in range(99)], "types": ["VARCHAR"] * 99, "rows": [["x" * 999] * 99]}
    html = TableResult({"status": "done", **wide, "row_count": 1})._repr_html_()
    assert "1 row · 20 of 99 columns" in Tags(html).text
    assert len(html) < 20_000
    assert "0 rows" in table([])._repr_html_()


@pytest.mark.parametrize(
    "kind, side",
    [
        *((kind, "right") for kind in ("INTEGER", "UTINYINT", "UBIGINT", "UINTEGER", "UHUGEINT", "HUGEINT", "DOUBLE")),
        *((kind, "right") for kind in ("DECIMAL(18,3)", "TINYINT", "USMALLINT", "FLOAT", "BIGNUM")),
        *((kind, "left") for kind in ("INTERVAL", "INTEGER[]", "VARCHAR", "UUID", "UNION(a INTEGER)", "DATE")),
    ],
)
def test_numbers_alone_stand_at_the_right(kind, side):
    html = TableResult({"columns": ["n"], "types": [kind], "rows": [["1"]], "row_count": 1})._repr_html_()
    assert html.count(f'style="text-align:{side}"') == 2


def test_a_result_without_rows_is_a_table_of_its_fields():
    text = Tags(ToolResult({"status": "done", "result": "42", "none": None})._repr_html_()).text
    assert "result|42" in text
    assert "none|null" in text
