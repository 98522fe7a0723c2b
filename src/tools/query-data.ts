import { z } from "zod";
import { runQuery } from "./run-query.ts";
import { queryFields } from "./table-fields.ts";
import { defineTool } from "./tool.ts";

/** Read-only SQL over files and datasets; a result larger than the preview is kept whole as a dataset. */
export const queryData = defineTool({
  name: "query_data",
  description:
    "Run one read-only SELECT (DuckDB SQL) over CSV, TSV, JSON, JSON lines, Parquet and XLSX files (gzip, zstd, bzip2, zip too), globs, URLs of such files and datasets. " +
    "'a.zip#in.csv' is a file of an archive, 'a.xlsx#Sheet 2' a sheet. " +
    "A quoted path or URL or a dataset's handle or name is a table: select sku, sum(qty) from 'sales/*.csv' join suppliers using (sku) group by sku. " +
    "Results larger than the preview are kept whole as a dataset.",
  input: z.object({
    sql: z.string().min(1).max(50_000).describe("one SELECT; also WITH, DESCRIBE, SUMMARIZE, PIVOT"),
    limit: z.int().min(1).max(1_000).default(50).describe("rows shown; row_count tells how many there are"),
    save_as: z.string().optional().describe("keep the whole result as a dataset of this name"),
  }),
  output: z.object(queryFields),
  hints: { readOnly: true, openWorld: true, long: true },
  run: runQuery,
});
