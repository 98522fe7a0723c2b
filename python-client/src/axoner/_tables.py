"""Cells as JSON carries them, and DuckDB's type names, turned into the typed columns of Arrow and polars."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

from ._column_type import ColumnType, parse_column_type
from .errors import Unreadable

Column = tuple[str, str, list[Any]]

_ISO_8601 = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?")
_ESCAPED = re.compile(r"\\x([0-9A-Fa-f]{2})")
_INT64 = range(-(2**63), 2**63)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: Integers beyond 64 bits, as which sums of integers come.
HUGE = ("HUGEINT", "UHUGEINT")


def read_json_lines(path: str, names: list[str], types: list[str]) -> list[Column]:
    """The columns of a dataset in JSON lines; a key that a line leaves out is null."""
    cells: list[list[Any]] = [[] for _ in names]
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for name, column in zip(names, cells, strict=True):
                column.append(row.get(name))
    return list(zip(names, types, cells, strict=True))


def arrow_table(pa: Any, columns: list[Column]) -> Any:
    arrays, fields = [], []
    for name, type_name, cells in columns:
        kind, values = _typed(name, type_name, cells)
        array = pa.array(values, type=_arrow_type(pa, kind))
        arrays.append(array)
        fields.append(pa.field(name, array.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def polars_frame(pl: Any, columns: list[Column]) -> Any:
    series = []
    for name, type_name, cells in columns:
        kind, values = _typed(name, type_name, cells)
        series.append(pl.Series(name, values, dtype=_polars_type(pl, kind), strict=True))
    return pl.DataFrame(series)


def _typed(name: str, type_name: str, cells: list[Any]) -> tuple[ColumnType, list[Any]]:
    kind = parse_column_type(type_name)
    try:
        values = [_value(cell, kind) for cell in cells]
    except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
        raise Unreadable(_no_value(name, type_name, cells, kind)) from error
    if kind.name in HUGE and all(value is None or value in _INT64 for value in values):
        kind = ColumnType("BIGINT")  # sums of integers are HUGEINT; nearly all of them fit
    return kind, values


def _no_value(name: str, type_name: str, cells: list[Any], kind: ColumnType) -> str:
    """Names the first cell that Python has no value for, such as a day before the year 1."""
    for row, cell in enumerate(cells):
        try:
            _value(cell, kind)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            return (
                f"the column {name} ({type_name}) has {cell!r} in row {row}, which is no {type_name} that Python can "
                f"hold; leave such rows out, or ask for the column as text: CAST({_quoted(name)} AS VARCHAR)"
            )
    raise AssertionError("one of the cells could not be read")


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _value(cell: Any, kind: ColumnType) -> Any:
    if cell is None:
        return None
    if kind.name == "LIST":
        return [_value(item, kind.fields[0][1]) for item in cell]
    if kind.name == "STRUCT":
        return {name: _value(cell.get(name), field) for name, field in kind.fields}
    if kind.name == "MAP":
        (_, key), (_, value) = kind.fields
        return [{"key": _value(entry["key"], key), "value": _value(entry["value"], value)} for entry in cell]
    read = _READERS.get(kind.name)
    return _text(cell) if read is None else read(cell)


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def _timestamp(cell: str) -> datetime:
    return _instant(cell).replace(tzinfo=None)


def _instant(cell: str) -> datetime:
    """In UTC, which is also what a time without a zone is in; finer fractions than microseconds are cut."""
    match = _ISO_8601.fullmatch(cell.strip())
    if match is None:
        raise ValueError(f"{cell!r} is no time that Python can hold")
    day, clock, fraction, sign, hours, minutes = match.groups(default="")
    zone = f"{sign}{hours}:{minutes or '00'}" if sign else "+00:00"
    moment = datetime.fromisoformat(f"{day}T{clock}.{fraction[:6].ljust(6, '0')}{zone}")
    return moment.astimezone(timezone.utc)


def _nanoseconds(cell: str) -> int:
    """Since 1970; Python's own times end at microseconds."""
    match = _ISO_8601.fullmatch(cell.strip())
    fraction = "" if match is None else match[3] or ""
    since = _instant(cell) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + int(fraction[:9].ljust(9, "0"))


def _time(cell: str) -> time:
    return _instant(f"1970-01-01T{cell}").time()


def _blob(cell: str) -> bytes:
    """Bytes as DuckDB writes them: ``\\xDE\\xAD``, those of printable ASCII as they are."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), cell).encode("latin-1")


def _boolean(cell: Any) -> bool:
    return cell if isinstance(cell, bool) else str(cell).lower() == "true"


_READERS: dict[str, Callable[[Any], Any]] = {
    "BOOLEAN": _boolean,
    "BLOB": _blob,
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", *HUGE), int),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), int),
    **dict.fromkeys(("FLOAT", "DOUBLE"), float),
    "DECIMAL": lambda cell: Decimal(str(cell)),
    "DATE": date.fromisoformat,
    "TIME": _time,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_NS": _nanoseconds,
    "TIMESTAMPTZ": _instant,
}


def _arrow_type(pa: Any, kind: ColumnType) -> Any:
    if kind.name == "LIST":
        return pa.list_(_arrow_type(pa, kind.fields[0][1]))
    if kind.name == "STRUCT":
        return pa.struct([(name, _arrow_type(pa, field)) for name, field in kind.fields])
    if kind.name == "MAP":
        return pa.map_(*(_arrow_type(pa, field) for _, field in kind.fields))
    if kind.name == "DECIMAL":
        return pa.decimal128(kind.precision, kind.scale)
    if kind.name in HUGE:
        return pa.decimal256(39, 0)
    simple = {
        "BOOLEAN": pa.bool_, "TINYINT": pa.int8, "SMALLINT": pa.int16, "INTEGER": pa.int32, "BIGINT": pa.int64,
        "UTINYINT": pa.uint8, "USMALLINT": pa.uint16, "UINTEGER": pa.uint32, "UBIGINT": pa.uint64,
        "FLOAT": pa.float32, "DOUBLE": pa.float64, "DATE": pa.date32, "BLOB": pa.binary,
    }  # fmt: skip
    if kind.name in simple:
        return simple[kind.name]()
    units = {
        "TIME": pa.time64("us"),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP_NS": pa.timestamp("ns"),
        "TIMESTAMPTZ": pa.timestamp("us", tz="UTC"),
    }
    return units.get(kind.name, pa.string())


def _polars_type(pl: Any, kind: ColumnType) -> Any:
    if kind.name == "LIST":
        return pl.List(_polars_type(pl, kind.fields[0][1]))
    if kind.name == "STRUCT":
        return pl.Struct({name: _polars_type(pl, field) for name, field in kind.fields})
    if kind.name == "MAP":
        key, value = (_polars_type(pl, field) for _, field in kind.fields)
        # polars knows maps since 2.0; before, it reads those of a file as lists of their entries.
        return pl.Map(key, value) if hasattr(pl, "Map") else pl.List(pl.Struct({"key": key, "value": value}))
    if kind.name in HUGE:
        return pl.UInt128 if kind.name == "UHUGEINT" and hasattr(pl, "UInt128") else pl.Int128
    if kind.name == "DECIMAL":
        return pl.Decimal(kind.precision, kind.scale)
    simple = {
        "BOOLEAN": pl.Boolean, "TINYINT": pl.Int8, "SMALLINT": pl.Int16, "INTEGER": pl.Int32, "BIGINT": pl.Int64,
        "UTINYINT": pl.UInt8, "USMALLINT": pl.UInt16, "UINTEGER": pl.UInt32, "UBIGINT": pl.UInt64,
        "FLOAT": pl.Float32, "DOUBLE": pl.Float64, "DATE": pl.Date, "TIME": pl.Time, "BLOB": pl.Binary,
        "TIMESTAMP": pl.Datetime("us"), "TIMESTAMP_NS": pl.Datetime("ns"), "TIMESTAMPTZ": pl.Datetime("us", "UTC"),
    }  # fmt: skip
    return simple.get(kind.name, pl.String)
