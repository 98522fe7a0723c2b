"""What tools return: a mapping with attributes, and the way from a dataset to pandas, polars and Arrow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from .errors import AxonerError, IncompleteRows, NotFound, ProtocolError, ToolError, tool_error

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


Result = TypeVar("Result", bound="ToolResult")


class ToolResult(Mapping[str, Any]):
    """A tool's answer: ``result["rows"]`` and ``result.rows`` are the same.

    As an attribute, a field that the tool declares but left out of this answer is ``None``.
    """

    #: The answer as a language model sees it.
    model_text: str

    def __init__(self, fields: Mapping[str, Any], model_text: str = "") -> None:
        self._fields = dict(fields)
        self.model_text = model_text

    def __getitem__(self, name: str) -> Any:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            if name in self._fields:
                return self._fields[name]
            if any(name in getattr(kind, "__annotations__", ()) for kind in type(self).__mro__):
                return None
        raise AttributeError(
            f"this {type(self).__name__} has no {name}; it has {', '.join(self.__dict__.get('_fields', ()))}"
        )

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_brief(value)}" for name, value in self._fields.items())
        return f"{type(self).__name__}({fields})"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        from ._notebook import fields_html

        return fields_html(type(self).__name__, self._fields)

    def to_dict(self) -> dict[str, Any]:
        """The fields as a plain dictionary, ready for ``json.dumps``."""
        return dict(self._fields)


class TableResult(ToolResult):
    """A tool's answer with rows. The ``to_…`` methods give all of them: from the dataset's file where there is one.

    :raises IncompleteRows: the rows were cut and no dataset holds the rest; call again with ``save_as=``.
    :raises NotFound: the dataset's file is gone.
    :raises Unreadable: a cell of the reply is none that Python can hold, such as a day before the year 1.
    :raises ImportError: the library is not installed; the text says how to get it.
    """

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]

    def _repr_html_(self) -> str:
        from ._notebook import table_html

        return table_html(type(self).__name__, self._fields)

    def to_arrow(self) -> pyarrow.Table:
        """An Arrow table. Dates, times, decimals and big integers keep their types."""
        from . import _tables

        pa = _require("pyarrow", "arrow")
        path = self._dataset_file("parquet")
        if path is not None:
            from . import _parquet

            return _parquet.read_arrow(pa, path, self._types())
        return _tables.arrow_table(pa, self._all_columns())

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame with Arrow-backed columns, which keep integers with nulls, decimals and dates as they are."""
        pd = _require("pandas", "pandas")
        _require("pyarrow", "pandas")
        frame: pandas.DataFrame = self.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def to_polars(self) -> polars.DataFrame:
        """A polars frame."""
        from . import _parquet, _tables

        pl = _require("polars", "polars")
        path = self._dataset_file("parquet")
        frame: polars.DataFrame = (
            _tables.polars_frame(pl, self._all_columns())
            if path is None
            else _parquet.read_polars(pl, path, self._types())
        )
        return frame

    def _types(self) -> dict[str, str]:
        return dict(zip(self.get("columns") or [], self.get("types") or [], strict=False))

    def _all_columns(self) -> list[tuple[str, str, list[Any]]]:
        """Name, type and cells of every column; cells still in their JSON form."""
        path = self._dataset_file("jsonl")
        if path is not None:
            from . import _tables

            return _tables.read_json_lines(path, self.columns, self.types)
        if self.get("truncated"):
            raise IncompleteRows("these rows were cut and no dataset holds the rest; call the tool again with save_as=")
        return [
            (name, kind, [row[index] for row in self.rows])
            for index, (name, kind) in enumerate(zip(self.columns, self.types, strict=True))
        ]

    def _dataset_file(self, wanted: str) -> str | None:
        path = self.get("dataset_path")
        if path is None or self.get("dataset_format", "parquet") != wanted:
            return None
        if not os.path.isfile(path):
            raise NotFound(f"the dataset's file {path} is gone; run the tool again")
        return str(path)


@overload
def read_reply(tool: str, reply: Mapping[str, Any], kind: type[Result]) -> Result: ...
@overload
def read_reply(tool: str, reply: Mapping[str, Any], kind: type[ToolResult] | None) -> ToolResult: ...
def read_reply(tool: str, reply: Mapping[str, Any], kind: type[ToolResult] | None) -> ToolResult:
    """The reply of ``tools/call`` as a result; a failed one is raised.

    :param kind: the class of the result, where the tool is known; else its fields decide.
    :raises ToolError: the subclass of its error code.
    """
    text = _reply_text(reply)
    fields = reply.get("structuredContent")
    if reply.get("isError"):
        raise _failure(text, fields)
    if not isinstance(fields, dict):
        raise ProtocolError(f"{tool} answered without structured content: {text[:200]}")
    return result_from(fields, text, kind)


def result_from(fields: Mapping[str, Any], text: str, kind: type[ToolResult] | None) -> ToolResult:
    """A result of its fields; they decide its class where that is not known."""
    if kind is None:
        kind = TableResult if {"columns", "types", "rows"} <= fields.keys() else ToolResult
    return kind(fields, text)


def _reply_text(reply: Mapping[str, Any]) -> str:
    blocks = reply.get("content")
    return (
        "\n".join(block["text"] for block in blocks if block.get("type") == "text") if isinstance(blocks, list) else ""
    )


def _failure(text: str, fields: Any) -> AxonerError:
    if isinstance(fields, dict) and isinstance(fields.get("code"), str):
        return tool_error(fields["code"], str(fields.get("message", text)))
    return ToolError(text or "the tool failed without saying why")


def _require(module: str, extra: str) -> Any:
    try:
        __import__(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        packages = "pandas pyarrow" if extra == "pandas" else module
        way = f"run `pip install {packages}`, or install axoner with its extra [{extra}]"
        advice = f"this needs {module}, which is not installed; {way}"
        raise ImportError(advice, name=module) from error
    return sys.modules[module]


def _brief(value: Any) -> str:
    text = repr(value)
    if len(text) <= 60:
        return text
    return f"[{len(value):,} items]" if isinstance(value, list) else f"{text[:57]}…"
