import type { DuckDBConnection } from "@duckdb/node-api";
import { isJsonObject, type JsonValue } from "../../message.ts";
import type { OpenSource } from "./open-sources.ts";
import { quoteText } from "../sql-text.ts";

/** A statement that failed, in a session that can still be asked about its tables. */
export interface FailedRun {
  connection: DuckDBConnection;
  sql: string;
  sources: readonly OpenSource[];
}

export interface TableColumns {
  source: OpenSource;
  columns: { name: string; type: string }[];
}

/** The columns of each source that is a table by now. */
export async function columnsOf({ connection, sources }: FailedRun): Promise<TableColumns[]> {
  const reader = await connection.runAndReadAll(
    "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'temp' ORDER BY column_index",
  );
  const rows = reader.getRows().map((row) => row.map(String));
  return sources.map((source) => ({
    source,
    columns: rows.filter(([table]) => table === source.source.name).map(([, name = "", type = ""]) => ({ name, type })),
  }));
}

/** How an expression uses columns: as arguments of a function, or to be converted. */
export interface ColumnUse {
  /** The function's name; `cast` and `compare` for what converts. */
  by: string;
  column: string;
}

/** The columns that functions, casts and comparisons of a statement are given as they are. */
export async function columnUses({ connection, sql }: FailedRun): Promise<ColumnUse[]> {
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteText(sql)})`);
  const uses: ColumnUse[] = [];
  collect(JSON.parse(String(reader.getRows()[0]?.[0])) as JsonValue, uses);
  return uses;
}

function collect(node: JsonValue, uses: ColumnUse[]): void {
  if (Array.isArray(node)) return node.forEach((child) => collect(child, uses));
  if (!isJsonObject(node)) return;
  const by = usedBy(node);
  if (by !== undefined) {
    const given = [
      node["child"],
      node["left"],
      node["right"],
      ...(Array.isArray(node["children"]) ? node["children"] : []),
    ];
    for (const child of given) {
      const column = child === undefined ? undefined : columnName(child);
      if (column !== undefined) uses.push({ by, column });
    }
  }
  for (const child of Object.values(node)) collect(child, uses);
}

function usedBy(node: { [key: string]: JsonValue }): string | undefined {
  if (node["class"] === "FUNCTION" || node["class"] === "WINDOW") return String(node["function_name"]).toLowerCase();
  if (node["class"] === "CAST") return "cast";
  return node["class"] === "COMPARISON" ? "compare" : undefined;
}

function columnName(node: JsonValue): string | undefined {
  if (!isJsonObject(node) || node["class"] !== "COLUMN_REF") return undefined;
  const names = Array.isArray(node["column_names"]) ? node["column_names"] : [];
  const name = names.at(-1);
  return typeof name === "string" ? name : undefined;
}
