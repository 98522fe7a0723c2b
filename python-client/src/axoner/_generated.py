"""One method and one result type a tool. Generated from the tool definitions by `npm run generate`: do not edit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ._progress import ProgressOption
from .results import Result, TableResult, ToolResult


class ScrapeResult(TableResult):
    """What ``scrape`` returns."""

    status: str
    dataset: str
    dataset_path: str
    dataset_format: str
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    row_count: int
    ok: int
    failed: int
    failures: list[dict[str, Any]]
    elapsed_ms: float


class ProfileDataResult(ToolResult):
    """What ``profile_data`` returns."""

    status: str
    row_count: int
    columns: list[dict[str, Any]]


class QueryDataResult(TableResult):
    """What ``query_data`` returns."""

    status: str
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    row_count: int
    truncated: bool
    dataset: str
    dataset_path: str
    dataset_format: str
    elapsed_ms: float


class ReadRowsResult(TableResult):
    """What ``read_rows`` returns."""

    status: str
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    row_count: int
    offset: int


class ExportDataResult(ToolResult):
    """What ``export_data`` returns."""

    status: str
    path: str
    row_count: int
    size_bytes: int


class CalculateResult(ToolResult):
    """What ``calculate`` returns."""

    status: str
    result: str
    type: str


class Tools(ABC):
    """Axoner's tools.

    An optional argument that is ``None`` is not sent: the tool's own default holds. Every method takes ``timeout``,
    seconds until the call is cancelled, and ``progress``, ``True`` for a line on stderr or a callable that gets
    ``(done, total, message)``; every method raises what :mod:`axoner.errors` lists.
    """

    @abstractmethod
    def _call(
        self,
        kind: type[Result],
        tool: str,
        arguments: Mapping[str, Any],
        timeout: float | None,
        progress: ProgressOption,
    ) -> Result: ...

    def scrape(
        self,
        urls: Sequence[str],
        *,
        extract: Literal["markdown", "text", "links", "tables", "html"] | None = None,
        select: Sequence[Mapping[str, Any]] | None = None,
        concurrency: int | None = None,
        per_host: int | None = None,
        timeout_s: float | None = None,
        respect_robots: bool | None = None,
        max_chars: int | None = None,
        save_as: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ScrapeResult:
        """Fetch many URLs at once into a dataset.

        :param urls: pages (1 to 10000 items)
        :param extract: what (default "markdown")
        :param select: each item has ``name``, ``css`` (selector), ``attr``, ``many``
        """
        arguments = {
            "urls": urls,
            "extract": extract,
            "select": select,
            "concurrency": concurrency,
            "per_host": per_host,
            "timeout_s": timeout_s,
            "respect_robots": respect_robots,
            "max_chars": max_chars,
            "save_as": save_as,
        }
        return self._call(ScrapeResult, "scrape", arguments, timeout, progress)

    def profile_data(
        self,
        source: str,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ProfileDataResult:
        """Profile."""
        arguments = {
            "source": source,
        }
        return self._call(ProfileDataResult, "profile_data", arguments, timeout, progress)

    def query_data(
        self,
        sql: str,
        *,
        limit: int | None = None,
        save_as: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> QueryDataResult:
        """One read-only SQL statement."""
        arguments = {
            "sql": sql,
            "limit": limit,
            "save_as": save_as,
        }
        return self._call(QueryDataResult, "query_data", arguments, timeout, progress)

    def read_rows(
        self,
        source: str,
        *,
        offset: int | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ReadRowsResult:
        """Rows."""
        arguments = {
            "source": source,
            "offset": offset,
            "limit": limit,
            "columns": columns,
        }
        return self._call(ReadRowsResult, "read_rows", arguments, timeout, progress)

    def export_data(
        self,
        source: str,
        path: str,
        *,
        format: Literal["csv", "parquet", "json", "jsonl"] | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> ExportDataResult:
        """Export."""
        arguments = {
            "source": source,
            "path": path,
            "format": format,
        }
        return self._call(ExportDataResult, "export_data", arguments, timeout, progress)

    def calculate(
        self,
        expression: str,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> CalculateResult:
        """Evaluate."""
        arguments = {
            "expression": expression,
        }
        return self._call(CalculateResult, "calculate", arguments, timeout, progress)


RESULTS: dict[str, type[ToolResult]] = {
    "scrape": ScrapeResult,
    "profile_data": ProfileDataResult,
    "query_data": QueryDataResult,
    "read_rows": ReadRowsResult,
    "export_data": ExportDataResult,
    "calculate": CalculateResult,
}
