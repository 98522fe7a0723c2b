"""Frames of the same rows are the same, whether they come in a reply or from a dataset's file."""

from __future__ import annotations

import re
from datetime import date, datetime

import polars
import pyarrow
import pytest

import axoner

SQL = r"""select
    true as yes, 1::tinyint as tiny, 1::ubigint as wide, sum(range) as total, 2::uhugeint as unsigned,
    1e20::hugeint + range as huge, 170141183460469231731687303715884105727::hugeint as hugest,
    1.5::decimal(10,2) as price, 0.5::float as ratio, date '2024-01-02' as day, time '12:00:00.5' as clock,
    timestamp '2024-01-01 00:00:00.123456' as local, timestamptz '2024-01-01 00:00:00Z' as moment,
    '1969-12-31 23:59:59.123456789'::timestamp_ns as precise, '2024-01-01 00:00:00.123'::timestamp_ms as coarse,
    '00000000-0000-0000-0000-0000000000ff'::uuid as id, map {'a': 1} as counts,
    map {1: [timestamp '2024-01-01']} as times, {'a': map {'b': timestamp_ns '2024-01-01 00:00:00'}} as deep,
    interval 3 day as gap, 'x'::enum('x', 'y') as choice, '\xAA\x00b'::blob as raw, '[1]'::json as doc,
    [1, null] as many, [1, 2]::int[2] as pair, [sum(range)] as totals, {'a': sum(range), 'b': 1} as sums,
    '0101'::bit as bits,
    timetz '12:00:00+02' as zoned, 123::bignum as big, null as nothing
    from range(3) group by range order by range"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    with axoner.Bridge(root=tmp_path_factory.mktemp("frames"), options={"shared_engine": "off"}) as bridge:
        reply, dataset = bridge.query_data(SQL), bridge.query_data(SQL, save_as="kept")
    assert (reply.dataset_path, dataset.dataset_format) == (None, "parquet")
    return reply, dataset


def test_arrow_tables_are_the_same(both):
    reply, dataset = (result.to_arrow() for result in both)
    assert dict(zip(reply.column_names, reply.schema.types, strict=True)) == dict(
        zip(dataset.column_names, dataset.schema.types, strict=True)
    )
    assert reply.to_pydict() == dataset.to_pydict()
    assert reply.schema.field("total").type == pyarrow.int64()
    assert reply.schema.field("precise").type == pyarrow.timestamp("ns")
    assert reply["precise"].cast(pyarrow.int64())[0].as_py() == -876_543_211


def test_polars_frames_are_the_same(both):
    reply, dataset = (result.to_polars() for result in both)
    assert reply.schema == dataset.schema
    assert reply.equals(dataset)
    assert (reply["id"][0], reply.schema["huge"]) == ("00000000-0000-0000-0000-0000000000ff", polars.Int128)


def test_pandas_frames_are_the_same(both):
    reply, dataset = (result.to_pandas() for result in both)
    assert reply.dtypes.to_dict() == dataset.dtypes.to_dict()
    assert reply.equals(dataset)


@pytest.mark.parametrize(
    "value, kind",
    [
        ("date '0044-03-15 (BC)'", "DATE"),
        ("date '12024-01-01'", "DATE"),
        ("'infinity'::timestamp", "TIMESTAMP"),
        ("time '24:00:00'", "TIME"),
        ("[timestamp '12024-01-01 00:00:00']", "TIMESTAMP[]"),
    ],
)
@pytest.mark.parametrize("method", ["to_arrow", "to_polars", "to_pandas"])
def test_a_value_that_python_cannot_hold_is_named_with_its_column(bridge, value, kind, method):
    result = bridge.query_data(f'select 1 as good, {value} as "odd one"')
    said = re.escape(f"the column odd one ({kind}) has ") + ".* in row 0, .*" + re.escape('CAST("odd one" AS VARCHAR)')
    with pytest.raises(axoner.Unreadable, match=said):
        getattr(result, method)()
    assert bridge.query_data(f"select CAST({value} AS VARCHAR) as odd").to_polars().height == 1


def test_days_and_times_at_the_ends_of_what_python_holds_arrive(bridge):
    row = bridge.query_data("select date '0001-01-01' as first, timestamp '9999-12-31 23:59:59.999999' as last")
    assert row.to_polars().row(0) == (date(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999))
