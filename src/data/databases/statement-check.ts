import { ToolError } from "../../errors.ts";
import { readTokens, type SqlDialect, type Token } from "./sql-tokens.ts";

export interface CheckedStatement {
  tokens: Token[];
  /** Every name the statement holds, as it stands and in lower case: tables, columns, functions, aliases. */
  names: string[];
}

const openings: Record<SqlDialect, readonly string[]> = {
  postgres: ["select", "with", "values", "table", "show", "explain"],
  sqlite: ["select", "with", "values", "explain"],
};

/**
 * Refuse what is not one statement that reads. The database refuses writes itself, in a read-only transaction or on a
 * file opened for reading; this refuses what would still reach beyond the statement, and says so before anything runs.
 *
 * @throws ToolError `invalid_input`, `not_allowed`
 */
export function checkStatement(sql: string, params: readonly string[], dialect: SqlDialect): CheckedStatement {
  if ([sql, ...params].some((text) => text.includes("\0")))
    throw new ToolError("invalid_input", "the sql or a parameter holds a NUL character; remove it");
  const tokens = withoutEnd(readTokens(sql, dialect));
  const [first, explained] = beginnings(tokens);
  if (first === undefined) throw new ToolError("invalid_input", "sql is empty; write one SELECT");
  if (tokens.some(({ kind, value }) => kind === "symbol" && value === ";"))
    throw new ToolError("invalid_input", "sql holds several statements; call once for each");
  if (first.kind !== "word" || !openings[dialect].includes(first.value))
    throw new ToolError(
      "not_allowed",
      `only one statement that reads can be run (${openings[dialect].join(", ").toUpperCase()}), not ${first.value.slice(0, 40)}`,
    );
  // EXPLAIN ANALYZE runs what it explains, and makes tables in a read-only transaction too
  if (explained !== undefined && !isQuery(explained))
    throw new ToolError("not_allowed", "only a SELECT can be explained here");
  checkFunctions(tokens, dialect);
  checkParameters(tokens, params, dialect);
  return { tokens, names: namesIn(tokens) };
}

/** The word a statement begins with, and what follows EXPLAIN and its options. */
function beginnings(tokens: readonly Token[]): [first: Token | undefined, explained: Token | undefined] {
  const first = tokens.find(({ value }) => value !== "(");
  if (first?.kind !== "word" || first.value !== "explain") return [first, undefined];
  let rest = tokens.slice(tokens.indexOf(first) + 1);
  if (rest[0]?.value === "(" && rest[1]?.kind === "word" && !isQuery(rest[1]))
    rest = rest.slice(rest.findIndex(({ value }) => value === ")") + 1);
  const options = ["analyze", "analyse", "verbose", "query", "plan", "("];
  const end: Token = { kind: "symbol", value: "" };
  return [first, rest.find(({ value }) => !options.includes(value)) ?? end];
}

function isQuery({ value }: Token): boolean {
  return ["select", "with", "values", "table"].includes(value);
}

function withoutEnd(tokens: Token[]): Token[] {
  const last = tokens.findLastIndex(({ kind, value }) => kind !== "symbol" || value !== ";");
  return tokens.slice(0, last + 1);
}

function namesIn(tokens: readonly Token[]): string[] {
  const names = tokens.flatMap(({ kind, value }) => (kind === "word" || kind === "quoted" ? [value] : []));
  return [...new Set(names)].slice(0, 2_000);
}

/** Functions that do something in a read-only transaction too, or that run SQL nobody has looked at. */
const refusedFunctions: Record<SqlDialect, RegExp> = {
  postgres: new RegExp(
    `^(?:${[
      "dblink.*",
      "lo_(?!get$).*|loread|lowrite",
      "pg_(?:try_)?advisory_.*",
      "pg_(?:terminate|cancel)_backend|pg_signal_.*",
      "pg_(?:read|stat|write)_(?:binary_)?file.*|pg_file_.*|pg_ls_.*",
      "pg_(?:reload_conf|rotate_.*|promote|switch_.*|create_.*|drop_.*|copy_.*|export_snapshot|import_.*)",
      "pg_(?:start_backup|stop_backup|backup_.*|log_.*|logical_.*|replication_.*|sync_.*|wal_replay_.*|xlog_.*)",
      "pg_(?:stat_reset.*|stat_statements_reset|stat_force_.*|clear_.*|restore_.*|prewarm|buffercache_evict.*)",
      "pg_notify|set_config|nextval|setval",
      "query_to_xml.*|cursor_to_xml.*|ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table",
      "brin_(?:summarize|desummarize)_.*|gin_clean_pending_list",
    ].join("|")})$`,
  ),
  sqlite: /^(?:load_extension|fts3_tokenizer|readfile|writefile|edit|fsdir|zipfile|sqlite_dbpage)$/,
};

/** The pragmas that tell of tables; each is also a table of that name. */
const toldByPragma = /^pragma_(?:table_(?:info|xinfo|list)|index_(?:list|info|xinfo)|foreign_key_list|collation_list)$/;

function checkFunctions(tokens: readonly Token[], dialect: SqlDialect): void {
  for (const [index, { kind, value }] of tokens.entries()) {
    if (kind !== "word" && kind !== "quoted") continue;
    const name = value.toLowerCase();
    const isCalled = tokens[index + 1]?.value === "(";
    const isPragma = dialect === "sqlite" && name.startsWith("pragma_") && !toldByPragma.test(name);
    if (isPragma || (isCalled && refusedFunctions[dialect].test(name)))
      throw new ToolError(
        "not_allowed",
        `${name} is not allowed here: it can change something, hold a lock or run other SQL; ask with plain SELECTs`,
      );
    // U&"…" would spell a name that this check does not see
    if (
      dialect === "postgres" &&
      name === "u" &&
      tokens[index + 1]?.value === "&" &&
      tokens[index + 2]?.kind === "quoted"
    )
      throw new ToolError("not_allowed", 'names written U&"…" are not allowed here; write them in plain quotes');
  }
}

function checkParameters(tokens: readonly Token[], params: readonly string[], dialect: SqlDialect): void {
  const used = tokens.flatMap(({ kind, value }) => (kind === "parameter" ? [value] : []));
  const named = used.find((value) => !/^(?:[$?]\d+|\?)$/.test(value));
  if (named !== undefined)
    throw new ToolError(
      "invalid_input",
      `sql holds the parameter ${named.slice(0, 40)}; write $1, $2, … and give params`,
    );
  // SQLite counts $2 as its first where it comes first, and ?1 as the same one
  const styles = new Set(used.map((value) => (value === "?" ? value : `${value.charAt(0)}1`)));
  if (styles.size > 1)
    throw new ToolError(
      "invalid_input",
      `sql mixes the parameters ${[...styles].join(" and ")}; write $1, $2, … for all`,
    );
  const wanted = used.includes("?") ? used.length : Math.max(0, ...used.map((value) => Number(value.slice(1))));
  if (wanted === params.length) return;
  const style = dialect === "sqlite" ? "$1, $2, … or ?" : "$1, $2, …";
  throw new ToolError(
    "invalid_input",
    `sql uses ${wanted} parameters (${style}), params gives ${params.length}; give one value for each`,
  );
}
