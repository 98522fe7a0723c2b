import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** What the sidecar of a dataset says. */
export interface Sidecar {
  format: "parquet" | "jsonl";
  columns: { name: string; type: string }[];
  rowCount: number;
  /** ISO 8601, UTC. */
  createdAt: string;
  origin: JsonObject;
  unfinished?: boolean;
}

/**
 * Without zod, which takes longer to load than most statements to run: what a statement has made is read back.
 *
 * @throws SyntaxError or TypeError for a text that is no sidecar's
 */
export function parseSidecar(text: string): Sidecar {
  const read: unknown = JSON.parse(text);
  const { format, columns, rowCount, createdAt, origin, unfinished = false } = isJsonObject(read) ? read : {};
  if (format !== "parquet" && format !== "jsonl") throw wrong("format");
  if (!Array.isArray(columns)) throw wrong("columns");
  if (typeof rowCount !== "number" || !Number.isSafeInteger(rowCount) || rowCount < 0) throw wrong("rowCount");
  if (typeof createdAt !== "string" || !isMoment(createdAt)) throw wrong("createdAt");
  if (!isJsonObject(origin)) throw wrong("origin");
  if (typeof unfinished !== "boolean") throw wrong("unfinished");
  const described: Sidecar = { format, columns: columns.map(readColumn), rowCount, createdAt, origin };
  return unfinished ? { ...described, unfinished } : described;
}

function readColumn(column: JsonValue): { name: string; type: string } {
  const { name, type } = isJsonObject(column) ? column : {};
  if (typeof name !== "string" || typeof type !== "string") throw wrong("columns");
  return { name, type };
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

function wrong(field: string): TypeError {
  return new TypeError(`its ${field} cannot be read`);
}
