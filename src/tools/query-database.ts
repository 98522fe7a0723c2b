import { z } from "zod";
import { queryFields } from "./table-fields.ts";
import { previewTable, toQueryResult } from "./table-result.ts";
import { defineTool } from "./tool.ts";

/** Read-only SQL on the user's databases; a result larger than the preview is kept whole as a dataset. */
export const queryDatabase = defineTool({
  name: "query_database",
  description:
    "Run one read-only SELECT on a configured PostgreSQL database, or on a SQLite file, in its own SQL. " +
    "Results larger than the preview are kept whole as a dataset, to be joined with files by query_data.",
  input: z.object({
    database: z.string().min(1).max(4_200).describe("configured name, or sqlite:PATH"),
    sql: z.string().min(1).max(50_000).describe("one SELECT; values as $1, $2"),
    params: z.array(z.string().max(100_000)).max(500).optional().describe("values of $1, $2"),
    limit: z.int().min(1).max(1_000).default(50).describe("rows shown"),
    save_as: z.string().optional().describe("keep the whole result under this name"),
  }),
  output: z.object(queryFields),
  hints: { readOnly: true, openWorld: true, long: true },
  async run({ database, sql, params = [], limit, save_as: saveAs }, { services, signal, progress }) {
    const started = performance.now();
    const origin = { tool: "query_database", database, sql, params: params.length };
    const answer = await services.databases.query(
      { database, sql, params, limit, saveAs, keep: (table) => previewTable(table, limit).truncated, origin },
      { signal, onRows: (done) => progress({ done, message: `${done} rows` }) },
    );
    return toQueryResult(answer, { limit, notes: answer.notes, started });
  },
});
