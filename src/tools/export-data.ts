import { z } from "zod";
import { outputFormats, type OutputFormat } from "../data/sql-wire.ts";
import { quoteName } from "../data/sql-text.ts";
import { ToolError } from "../errors.ts";
import { defineTool } from "./tool.ts";

/** Write a source, whole, to a file of another format. */
export const exportData = defineTool({
  name: "export_data",
  description:
    "Write a dataset or file as CSV, Parquet, JSON or JSON lines; the file appears whole, over one of that name. For a query's result, query with save_as first.",
  input: z.object({
    source: z
      .string()
      .min(1)
      .max(4_096)
      .describe("path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), or a dataset's handle or name"),
    path: z.string().min(1).max(4_096).describe("where to, e.g. exports/sales.csv; relative to the workspace"),
    format: z.enum(outputFormats).optional().describe("else the path's ending decides"),
  }),
  output: z.object({ path: z.string(), row_count: z.int(), size_bytes: z.int() }),
  hints: { readOnly: false, long: true },
  async run({ source, path, format }, { services, signal }) {
    const target = format ?? formatOfPath(path);
    const output = await services.files.create(path);
    try {
      const { rowCount } = await services.sql.query(
        {
          sql: `select * from ${quoteName(source)}`,
          limit: 0,
          output: { path: output.temporaryPath, format: target, gzip: /\.gz$/i.test(path) },
          origin: { tool: "export_data" },
        },
        { signal },
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
};

function formatOfPath(path: string): OutputFormat {
  const extension = /\.([a-z0-9]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const format = Object.hasOwn(formatOfExtension, extension) ? formatOfExtension[extension] : undefined;
  if (format !== undefined) return format;
  const sheet = /^xlsx?$/.test(extension) ? " (spreadsheets open csv)" : "";
  throw new ToolError(
    "invalid_input",
    `'${path}' does not name a format that can be written; end it in .csv, .parquet, .json or .jsonl, or give format${sheet}`,
  );
}
