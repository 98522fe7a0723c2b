import type { DatabaseSync } from "node:sqlite";
import { errorMessage, systemErrorCode, ToolError, type ErrorCode } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";

/** The extended code of an error of SQLite; undefined for anything else. https://www.sqlite.org/rescode.html */
export function sqliteCode(thrown: unknown): number | undefined {
  if (systemErrorCode(thrown) !== "ERR_SQLITE_ERROR" || !(thrown instanceof Error) || !("errcode" in thrown))
    return undefined;
  return Number(thrown.errcode);
}

/** By the primary code, the lower eight bits. */
const byCode: Record<number, { code: ErrorCode; advice: string }> = {
  3: { code: "unreadable", advice: "the system does not let axoner read it" },
  5: { code: "unavailable", advice: "another program is writing the database; try again in a moment" },
  6: { code: "unavailable", advice: "another program is writing the database; try again in a moment" },
  7: { code: "too_large", advice: "the statement takes too much memory; sort less, or filter and aggregate earlier" },
  8: { code: "not_allowed", advice: "only statements that read can be run here" },
  10: { code: "unreadable", advice: "the file is damaged, or its disk fails" },
  11: { code: "unreadable", advice: "the database is damaged; mend it with sqlite3 FILE .recover" },
  13: { code: "too_large", advice: "the disk is full" },
  14: { code: "unreadable", advice: "see that the file and its folder can be read" },
  18: { code: "too_large", advice: "a value is too long; make it shorter" },
  23: { code: "not_allowed", advice: "only statements that read the database can be run here" },
  26: { code: "unreadable", advice: "the file is no SQLite database, or it is encrypted" },
};

const readonlyRollback = 776;

/** What a failure means to the caller; anything but one of SQLite as it came. */
export function explainSqliteError(
  thrown: unknown,
  { shown, database, names }: { shown: string; database: DatabaseSync | undefined; names: readonly string[] },
): unknown {
  if (thrown instanceof RangeError && /string longer/i.test(thrown.message))
    return new ToolError(
      "too_large",
      "a value of the result is longer than 512 MB; select less of it, e.g. with substr",
      {
        cause: thrown,
      },
    );
  const code = sqliteCode(thrown);
  if (thrown instanceof ToolError || code === undefined) return thrown;
  const message = errorMessage(thrown).replaceAll(/\s+/g, " ");
  const fail = (kind: ErrorCode, text: string) => new ToolError(kind, `database ${shown}: ${text}`, { cause: thrown });
  if (code === readonlyRollback)
    return fail(
      "unreadable",
      `a program crashed while it wrote, and left a journal that must be rolled back first; open the file once with that program or with sqlite3, then ask again`,
    );
  const table = /no such table: (.+)/.exec(message)?.[1];
  if (table !== undefined) return fail("not_found", message + near(table, tablesOf(database), "the tables are"));
  const column = /no such column: (.+)/.exec(message)?.[1];
  if (column !== undefined)
    return fail("invalid_input", message + near(column, columnsOf(database, names), "the columns are"));
  const known = byCode[code & 0xff];
  return known === undefined ? fail("invalid_input", message) : fail(known.code, `${message}; ${known.advice}`);
}

const maxListed = 20;

function near(wanted: string, names: readonly string[], what: string): string {
  const name = wanted
    .replaceAll('"', "")
    .replace(/^.*\./, "")
    .replace(/ - should this be.*/, "");
  const hint = didYouMean(name, names);
  if (hint !== "" || names.length === 0) return hint;
  const more = names.length > maxListed ? `, … (${names.length} in all)` : "";
  return `; ${what} ${names.slice(0, maxListed).join(", ")}${more}`;
}

function tablesOf(database: DatabaseSync | undefined): string[] {
  const sql =
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 2000";
  return firstColumn(database, sql, []);
}

/** Of the tables that the statement names. */
function columnsOf(database: DatabaseSync | undefined, names: readonly string[]): string[] {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const tables = tablesOf(database).filter((name) => wanted.has(name.toLowerCase()));
  return tables.flatMap((table) => firstColumn(database, "SELECT name FROM pragma_table_xinfo(?)", [table]));
}

/** What the catalog fails with would hide the first failure: it gives nothing then. */
function firstColumn(database: DatabaseSync | undefined, sql: string, params: string[]): string[] {
  try {
    const rows = database?.prepare(sql).all(...params) ?? [];
    return rows.map((row) => String(Object.values(row)[0]));
  } catch {
    return [];
  }
}
