import type { DuckDbSession } from "./duckdb-session.ts";
import { quoteText } from "../sql-text.ts";

/**
 * Write a statement's rows to a file and give their number. The path is a temporary one already: DuckDB shall not
 * make up another beside it.
 */
export async function copyTo(
  { connection }: DuckDbSession,
  sql: string,
  { path, format }: { path: string; format: string },
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `COPY (\n${sql}\n) TO ${quoteText(path)} (${format}, USE_TMP_FILE false)`,
  );
  return Number(reader.getRows()[0]?.[0]);
}
