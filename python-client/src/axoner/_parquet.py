"""Datasets' files as the typed columns that the same rows in a reply become: a result's size decides no type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._tables import HUGE

#: DuckDB's types by column, as a reply names them.
Types = Mapping[str, str]


def read_arrow(pa: Any, path: str, types: Types) -> Any:
    from pyarrow import parquet

    table = parquet.ParquetFile(path).read()
    for index, name in enumerate(table.column_names):
        column = table.column(index)
        changed = _arrow_column(pa, column, types.get(name, ""))
        if changed is not column:
            table = table.set_column(index, pa.field(name, changed.type), changed)
    return table


def read_polars(pl: Any, path: str, types: Types) -> Any:
    frame = pl.read_parquet(path)
    changed = [_polars_column(pl, frame[name], types.get(name, "")) for name in frame.columns]
    return frame.with_columns(changed) if changed else frame


def _arrow_column(pa: Any, column: Any, kind: str) -> Any:
    if kind in HUGE:
        wide = column.cast(pa.decimal256(39, 0))
        try:
            return wide.cast(pa.int64())
        except pa.ArrowInvalid:
            return wide
    if kind == "JSON":
        return _plain(pa, column).cast(pa.string())
    if kind == "UUID":
        chunks = [_uuid_texts(pa, chunk) for chunk in _plain(pa, column).chunks]
        return pa.chunked_array(chunks, type=pa.string())
    return column


def _plain(pa: Any, column: Any) -> Any:
    """Without the name that newer versions of Arrow give what Parquet calls JSON and UUID."""
    if not isinstance(column.type, pa.BaseExtensionType):
        return column
    return pa.chunked_array([chunk.storage for chunk in column.chunks], type=column.type.storage_type)


def _uuid_texts(pa: Any, chunk: Any) -> Any:
    return pa.array([None if value is None else _uuid_text(value.hex()) for value in chunk.to_pylist()], pa.string())


def _uuid_text(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _polars_column(pl: Any, column: Any, kind: str) -> Any:
    if kind in HUGE:
        narrow = column.cast(pl.Int64, strict=False)
        if narrow.null_count() == column.null_count():
            return narrow
        unsigned = kind == "UHUGEINT" and hasattr(pl, "UInt128")
        return column.cast(pl.UInt128 if unsigned else pl.Int128)
    if kind == "JSON":
        return column.cast(pl.String)
    if kind == "UUID" and column.dtype == pl.Binary:
        digits = column.bin.encode("hex").str
        parts = [digits.slice(*at) for at in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
        return (parts[0] + "-" + parts[1] + "-" + parts[2] + "-" + parts[3] + "-" + parts[4]).alias(column.name)
    return column
