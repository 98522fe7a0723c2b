import { constants, type DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { DatabaseStatement } from "./driver.ts";
import type { Token } from "./sql-tokens.ts";

/** The pragmas behind the tables that tell of a schema, and those that virtual tables ask. */
const readingPragmas = new Set([
  "table_info",
  "table_xinfo",
  "table_list",
  "index_list",
  "index_info",
  "index_xinfo",
  "foreign_key_list",
  "collation_list",
  "data_version",
  "page_size",
  "page_count",
  "encoding",
]);

/**
 * Let a statement read and nothing else, whatever the check of its text missed. Virtual tables prepare writes that
 * they never run, so those are left to the file, which is open for reading only. Node knows this since 24.10.
 */
export function allowReadingOnly(database: DatabaseSync): void {
  if (typeof database.setAuthorizer !== "function") return;
  const allowed = new Set<number>([
    constants.SQLITE_SELECT,
    constants.SQLITE_READ,
    constants.SQLITE_FUNCTION,
    constants.SQLITE_RECURSIVE,
    constants.SQLITE_INSERT,
    constants.SQLITE_UPDATE,
    constants.SQLITE_DELETE,
  ]);
  database.setAuthorizer((action, name) => {
    const isAllowed =
      action === constants.SQLITE_PRAGMA ? readingPragmas.has(name?.toLowerCase() ?? "") : allowed.has(action);
    return isAllowed ? constants.SQLITE_OK : constants.SQLITE_DENY;
  });
}

/** Prepare a statement whose rows are lists, with integers that keep their digits. */
export function prepareStatement(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  return statement;
}

/** The rows of a statement. `?` is bound by place, `$1` and `?1` by number. */
export function iterateRows(
  statement: StatementSync,
  { params }: Pick<DatabaseStatement, "params">,
  tokens: readonly Token[],
): Iterable<unknown> {
  const used = new Set(tokens.flatMap(({ kind, value }) => (kind === "parameter" ? [value] : [])));
  if (used.has("?")) return statement.iterate(...params);
  const named: Record<string, SQLInputValue> = {};
  for (const name of used) named[name] = params[Number(name.slice(1)) - 1] ?? null;
  return used.size === 0 ? statement.iterate() : statement.iterate(named);
}
