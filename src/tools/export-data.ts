import { basename } from "node:path";
import { z } from "zod";
import { outputFormats, type OutputFormat } from "../data/sql/sql-wire.ts";
import { quoteName } from "../data/sql-text.ts";
import { ToolError } from "../errors.ts";
import { sourceField } from "./source-field.ts";
import { defineTool } from "./tool.ts";

/** Write a source, whole, to a file of another format. */
export const exportData = defineTool({
  name: "export_data",
  description:
    "Write a dataset or file as CSV, Parquet, JSON, JSON lines or XLSX; the file appears whole, over one of that name. For a query's result, query with save_as first.",
  input: z.object({
    source: sourceField,
    path: z.string().min(1).max(4_096).describe("where to, e.g. exports/sales.csv; relative to the workspace"),
    format: z.enum(outputFormats).optional().describe("else the path's ending decides"),
    escape_formulas: z
      .boolean()
      .default(false)
      .describe("csv: put ' before text that a spreadsheet would run, beginning with = + - @"),
  }),
  output: z.object({ path: z.string(), row_count: z.int(), size_bytes: z.int() }),
  hints: { readOnly: false, openWorld: true, long: true },
  async run({ source, path, format, escape_formulas: escapeFormulas }, { services, signal, progress }) {
    const target = targetOf(path, format);
    const output = await services.files.create(path);
    try {
      const { rowCount } = await services.sql.query(
        {
          sql: `select * from ${quoteName(source)}`,
          limit: 0,
          output: { path: output.temporaryPath, ...target, escapeFormulas },
          origin: { tool: "export_data" },
        },
        { signal, progress },
      );
      return { path: output.path, row_count: rowCount, size_bytes: await output.commit() };
    } catch (thrown) {
      await output.discard();
      throw thrown;
    }
  },
});

const formatOfExtension: Readonly<Record<string, OutputFormat>> = {
  csv: "csv",
  parquet: "parquet",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
  xlsx: "xlsx",
};

function targetOf(path: string, given: OutputFormat | undefined) {
  const format = given ?? formatOfPath(path);
  const gzip = /\.gz$/i.test(path);
  if (gzip && (format === "parquet" || format === "xlsx")) {
    throw new ToolError("invalid_input", `'${path}': ${format} is compressed in itself; leave .gz out`);
  }
  return { format, gzip, title: basename(path).replace(/(\.[a-z]+){1,2}$/i, "") };
}

function formatOfPath(path: string): OutputFormat {
  const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const format = Object.hasOwn(formatOfExtension, extension) ? formatOfExtension[extension] : undefined;
  if (format !== undefined) return format;
  throw new ToolError(
    "invalid_input",
    `'${path}' does not name a format that can be written; end it in .csv, .parquet, .json, .jsonl or .xlsx, or give format`,
  );
}
