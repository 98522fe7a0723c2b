import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import { copyTo } from "./copy-to.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import { csvColumn, jsonColumn, projected, type ExportColumn } from "./export-values.ts";
import type { OutputTarget } from "./sql-wire.ts";
import type { ResultColumn } from "./storage.ts";
import { writeXlsx } from "../workbook/write-xlsx.ts";
import { writeParquet } from "./write-parquet.ts";

/** A statement whose rows are written to a file. */
export interface Exported {
  sql: string;
  prepared: DuckDBPreparedStatement;
  /** Of the prepared statement. */
  columns: readonly ResultColumn[];
}

/**
 * Write the rows of a statement to a file and give their number. No format loses a digit or makes a number of a text.
 *
 * @throws ToolError `too_large` for what a spreadsheet cannot hold
 */
export async function exportTo(session: DuckDbSession, exported: Exported, output: OutputTarget): Promise<number> {
  const { sql, prepared, columns: described } = exported;
  const { path, format } = output;
  const columns = described.map(({ name }, index): ExportColumn => ({ name, type: prepared.columnType(index) }));
  const compression = output.gzip ? ", COMPRESSION gzip" : "";
  switch (format) {
    case "csv": {
      const rows = projected(sql, columns, (column) => csvColumn(column, output.escapeFormulas));
      // RFC 4180: lines end in CR LF, and fields are quoted that hold a delimiter, a quote or a line break.
      return await copyTo(session, rows, { path, format: `FORMAT csv, HEADER, NEW_LINE '\\r\\n'${compression}` });
    }
    case "json":
    case "jsonl": {
      const rows = projected(sql, columns, jsonColumn);
      const array = format === "json" ? ", ARRAY true" : "";
      return await copyTo(session, rows, { path, format: `FORMAT json${array}${compression}` });
    }
    case "parquet":
      return (await writeParquet(session, { sql, columns: described }, { path })).rowCount;
    case "xlsx":
      return await writeXlsx(session, { sql, columns }, output);
  }
}
