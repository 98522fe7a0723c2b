import { previewTable, toQueryResult, type Table } from "./table-result.ts";
import type { ToolContext } from "./tool.ts";

/** The input of `query_data` as it is once it is read. */
export interface QueryInput {
  sql: string;
  limit: number;
  save_as?: string | undefined;
}

/** What `query_data` does. Loads no zod: the first statement is waited for. */
export async function runQuery(
  { sql, limit, save_as: saveAs }: QueryInput,
  { services, signal, progress }: ToolContext,
) {
  const started = performance.now();
  const keep = (table: Table) => previewTable(table, limit).truncated;
  const answer = await services.sql.query(
    { sql, limit, saveAs, keep, origin: { tool: "query_data", sql } },
    { signal, progress },
  );
  const notes = shortened(answer.problems.map(({ message }) => message));
  return toQueryResult(answer, { limit, notes, started });
}

const maxNotes = 10;

/** The first of many, and the last, which may tell how many more there are. */
function shortened(notes: readonly string[]): string[] {
  const left = notes.length - maxNotes;
  if (left <= 0) return [...notes];
  const summary = notes.at(-1)?.includes(" more problems ") === true ? notes.slice(-1) : [];
  return [...notes.slice(0, maxNotes), `${left} more are told by profile_data`, ...summary];
}
