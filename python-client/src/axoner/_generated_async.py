"""One method a tool. Generated from the tool definitions by `npm run generate`: do not edit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ._generated import (
    CalculateResult,
    ChartResult,
    CrawlResult,
    ExportDataResult,
    JobResult,
    ProfileDataResult,
    QueryDatabaseResult,
    QueryDataResult,
    ReadRowsResult,
    RunAgentResult,
    ScrapeResult,
    WebSearchResult,
)
from ._progress import ProgressOption
from .results import Result

if TYPE_CHECKING:
    from .aio import AsyncCall


class AsyncTools(ABC):
    """Axoner's tools.

    An optional argument that is ``None`` is not sent: the tool's own default holds. Every method takes ``timeout``,
    seconds until the call is cancelled, and ``progress``, ``True`` for a bar or a callable that gets
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
    ) -> AsyncCall[Result]: ...

    def scrape(
        self,
        urls: Sequence[str],
        *,
        extract: Literal["markdown", "text", "links", "tables", "metadata", "html"] | None = None,
        select: Sequence[Mapping[str, Any]] | None = None,
        concurrency: int | None = None,
        per_host: int | None = None,
        timeout_s: float | None = None,
        respect_robots: bool | None = None,
        render: Literal["never", "auto"] | None = None,
        max_chars: int | None = None,
        save_as: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ScrapeResult]:
        """Fetch web pages, up to 10,000 in one call, into a dataset: one row per URL in the order given, failures
        included. Pass all URLs at once. The result shows the first rows; query the dataset with query_data.

        :param urls: absolute http(s) addresses (1 to 10000 items)
        :param extract: what content is; rows of tables are maps by column (default "markdown")
        :param select: a column for each, e.g. {name: price, css: .price} (at most 50 items); each item has ``name``
            (column), ``css``, ``attr`` (to take instead of the text, e.g. href), ``many`` (all matches as a list
            (default false))
        :param concurrency: pages at once (default 64; 1 to 256)
        :param per_host: pages at once from one host (default 4; 1 to 64)
        :param timeout_s: for one page with its retries (default 20; 0.1 to 300)
        :param respect_robots: obey robots.txt (default true)
        :param render: auto runs pages that are empty without their scripts in a browser (default "never")
        :param max_chars: of a cell in the preview; the dataset keeps all (default 1000; 1 to 20000)
        :param save_as: name for the dataset
        """
        arguments = {
            "urls": urls,
            "extract": extract,
            "select": select,
            "concurrency": concurrency,
            "per_host": per_host,
            "timeout_s": timeout_s,
            "respect_robots": respect_robots,
            "render": render,
            "max_chars": max_chars,
            "save_as": save_as,
        }
        return self._call(ScrapeResult, "scrape", arguments, timeout, progress)

    def crawl(
        self,
        *,
        start_urls: Sequence[str] | None = None,
        max_pages: int | None = None,
        max_depth: int | None = None,
        same_site: bool | None = None,
        include: Sequence[str] | None = None,
        exclude: Sequence[str] | None = None,
        sitemap: bool | None = None,
        resume: str | None = None,
        extract: Literal["markdown", "text", "links", "tables", "metadata", "html"] | None = None,
        select: Sequence[Mapping[str, Any]] | None = None,
        concurrency: int | None = None,
        per_host: int | None = None,
        timeout_s: float | None = None,
        respect_robots: bool | None = None,
        render: Literal["never", "auto"] | None = None,
        max_chars: int | None = None,
        save_as: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[CrawlResult]:
        """Follow links and sitemaps from start_urls, breadth first, into a dataset like scrape's with the columns depth
        and parent. Every page is kept as it comes: a crawl that was stopped goes on with resume.

        :param start_urls: not needed with resume (1 to 1000 items)
        :param max_pages: default 100; 1 to 100000
        :param max_depth: links away from start_urls (default 3; 0 to 1000)
        :param same_site: stay on their registrable domains (default true)
        :param include: fetch only these paths, e.g. /docs/*; * is anything (at most 50 items)
        :param exclude: never these (at most 50 items)
        :param sitemap: also pages of sitemaps (default true)
        :param resume: dataset of a crawl that was stopped, to go on with
        :param extract: what content is; rows of tables are maps by column (default "markdown")
        :param select: a column for each, e.g. {name: price, css: .price} (at most 50 items); each item has ``name``
            (column), ``css``, ``attr`` (to take instead of the text, e.g. href), ``many`` (all matches as a list
            (default false))
        :param concurrency: pages at once (default 64; 1 to 256)
        :param per_host: pages at once from one host (default 4; 1 to 64)
        :param timeout_s: for one page with its retries (default 20; 0.1 to 300)
        :param respect_robots: obey robots.txt (default true)
        :param render: auto runs pages that are empty without their scripts in a browser (default "never")
        :param max_chars: of a cell in the preview; the dataset keeps all (default 1000; 1 to 20000)
        :param save_as: name for the dataset
        """
        arguments = {
            "start_urls": start_urls,
            "max_pages": max_pages,
            "max_depth": max_depth,
            "same_site": same_site,
            "include": include,
            "exclude": exclude,
            "sitemap": sitemap,
            "resume": resume,
            "extract": extract,
            "select": select,
            "concurrency": concurrency,
            "per_host": per_host,
            "timeout_s": timeout_s,
            "respect_robots": respect_robots,
            "render": render,
            "max_chars": max_chars,
            "save_as": save_as,
        }
        return self._call(CrawlResult, "crawl", arguments, timeout, progress)

    def web_search(
        self,
        query: str,
        *,
        count: int | None = None,
        backend: Literal["google", "brave", "tavily", "searxng"] | None = None,
        fetch: bool | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[WebSearchResult]:
        """Search the web. With fetch, each hit brings the start of its page, and a dataset keeps the pages whole.

        :param count: hits (default 10; 1 to 50)
        :param backend: the first configured if omitted
        :param fetch: fetch the hits as scrape does (default false)
        """
        arguments = {
            "query": query,
            "count": count,
            "backend": backend,
            "fetch": fetch,
        }
        return self._call(WebSearchResult, "web_search", arguments, timeout, progress)

    def profile_data(
        self,
        source: str,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ProfileDataResult]:
        """Profile a file, glob or dataset in one pass: row count, dialect, encoding, problems and, per column, type,
        nulls, min, max, mean, std, text lengths (min, max, mean); approximate: distinct, quantiles (5, 25, 50, 75, 95
        %), top values, likely_key; date_format, number_format of dates, numbers held as text.

        :param source: path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), http(s) URL of a data file, or a
            dataset's handle or name
        """
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
    ) -> AsyncCall[QueryDataResult]:
        """Run one read-only SELECT (DuckDB SQL) over CSV, TSV, JSON, JSON lines, Parquet and XLSX files (gzip, zstd,
        bzip2, zip too), globs, URLs of such files and datasets. 'a.zip#in.csv' is a file of an archive, 'a.xlsx#Sheet
        2' a sheet. A quoted path or URL or a dataset's handle or name is a table: select sku, sum(qty) from
        'sales/*.csv' join suppliers using (sku) group by sku. Results larger than the preview are kept whole as a
        dataset.

        :param sql: one SELECT; also WITH, DESCRIBE, SUMMARIZE, PIVOT
        :param limit: rows shown; row_count tells how many there are (default 50; 1 to 1000)
        :param save_as: keep the whole result as a dataset of this name
        """
        arguments = {
            "sql": sql,
            "limit": limit,
            "save_as": save_as,
        }
        return self._call(QueryDataResult, "query_data", arguments, timeout, progress)

    def query_database(
        self,
        database: str,
        sql: str,
        *,
        params: Sequence[str] | None = None,
        limit: int | None = None,
        save_as: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[QueryDatabaseResult]:
        """Run one read-only SELECT on a configured PostgreSQL database, or on a SQLite file, in its own SQL. Results
        larger than the preview are kept whole as a dataset, to be joined with files by query_data.

        :param database: configured name, or sqlite:PATH
        :param sql: one SELECT; values as $1, $2
        :param params: values of $1, $2 (at most 500 items)
        :param limit: rows shown (default 50; 1 to 1000)
        :param save_as: keep the whole result under this name
        """
        arguments = {
            "database": database,
            "sql": sql,
            "params": params,
            "limit": limit,
            "save_as": save_as,
        }
        return self._call(QueryDatabaseResult, "query_database", arguments, timeout, progress)

    def read_rows(
        self,
        source: str,
        *,
        offset: int | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ReadRowsResult]:
        """Read a page of rows of a file or dataset, in file order. Cells of CSV files are text as written. row_count is
        given where it is known without reading on.

        :param source: path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), http(s) URL of a data file, or a
            dataset's handle or name
        :param offset: default 0; at least 0
        :param limit: default 50; 1 to 1000
        :param columns: only these, in this order (at most 500 items)
        """
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
        format: Literal["csv", "parquet", "json", "jsonl", "xlsx"] | None = None,
        escape_formulas: bool | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ExportDataResult]:
        """Write a dataset or file as CSV, Parquet, JSON, JSON lines or XLSX; the file appears whole, over one of that
        name. For a query's result, query with save_as first.

        :param source: path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), http(s) URL of a data file, or a
            dataset's handle or name
        :param path: where to, e.g. exports/sales.csv; relative to the workspace
        :param format: else the path's ending decides
        :param escape_formulas: csv: put ' before text that a spreadsheet would run, beginning with = + - @ (default
            false)
        """
        arguments = {
            "source": source,
            "path": path,
            "format": format,
            "escape_formulas": escape_formulas,
        }
        return self._call(ExportDataResult, "export_data", arguments, timeout, progress)

    def chart(
        self,
        mark: Literal["bar", "line", "area", "point", "histogram", "heatmap", "box", "arc"],
        x: str,
        *,
        source: str | None = None,
        sql: str | None = None,
        y: str | None = None,
        color: str | None = None,
        facet: str | None = None,
        title: str | None = None,
        format: Literal["png", "svg"] | None = None,
        path: str | None = None,
        theme: Literal["light", "dark"] | None = None,
        inline: bool | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[ChartResult]:
        """Draw a chart of a source or of one SELECT as PNG or SVG. Rows are aggregated first, however many there are.
        Bars are sorted, many categories become the top ones, times get steps that fit; notes tell all of it. A heatmap
        shows color over x and y, a box the spread of y.

        :param source: path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), http(s) URL of a data file, or a
            dataset's handle or name
        :param sql: instead of source: one SELECT, as query_data takes it
        :param x: column, or year|quarter|month|week|day|hour(column)
        :param y: column, or sum|avg|min|max|median|count|distinct(column); else rows are counted
        :param color: column that tells series apart
        :param facet: column with a small chart for each value
        :param format: else the path's ending decides, else png
        :param path: where to; relative to the workspace
        :param theme: default "light"
        :param inline: also show the picture in the reply (default false)
        """
        arguments = {
            "source": source,
            "sql": sql,
            "mark": mark,
            "x": x,
            "y": y,
            "color": color,
            "facet": facet,
            "title": title,
            "format": format,
            "path": path,
            "theme": theme,
            "inline": inline,
        }
        return self._call(ChartResult, "chart", arguments, timeout, progress)

    def calculate(
        self,
        expression: str,
        *,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[CalculateResult]:
        """Evaluate a mathematical expression exactly, e.g. `12.5% of 84 kg to lb`, `2^200`, `inv([1, 2; 3, 4])`.

        :param expression: mathjs syntax, e.g. (2 + 3) / 7; several statements with ;
        """
        arguments = {
            "expression": expression,
        }
        return self._call(CalculateResult, "calculate", arguments, timeout, progress)

    def run_agent(
        self,
        prompt: str,
        *,
        session_id: str | None = None,
        provider: str | None = None,
        model: str | None = None,
        tools: Sequence[str] | None = None,
        max_turns: int | None = None,
        max_usd: float | None = None,
        output_schema: str | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[RunAgentResult]:
        """Give a task to another agent, which works on it with these tools and answers briefly, so that its steps stay
        out of this conversation. Several may run at once.

        :param prompt: The task and all it needs to know; it sees nothing else
        :param session_id: Continue that of an earlier result
        :param tools: The only ones it may use
        :param max_turns: 1 to 1000
        :param output_schema: JSON Schema of an object, as JSON text; fills `output`
        """
        arguments = {
            "prompt": prompt,
            "session_id": session_id,
            "provider": provider,
            "model": model,
            "tools": tools,
            "max_turns": max_turns,
            "max_usd": max_usd,
            "output_schema": output_schema,
        }
        return self._call(RunAgentResult, "run_agent", arguments, timeout, progress)

    def job(
        self,
        job_id: str,
        *,
        action: Literal["wait", "read", "cancel"] | None = None,
        wait_s: float | None = None,
        timeout: float | None = None,
        progress: ProgressOption = None,
    ) -> AsyncCall[JobResult]:
        """Wait for, read or cancel a call that was answered with status running; gives its result once done.

        :param action: default "wait"
        :param wait_s: default 4; 0 to 600
        """
        arguments = {
            "job_id": job_id,
            "action": action,
            "wait_s": wait_s,
        }
        return self._call(JobResult, "job", arguments, timeout, progress)
