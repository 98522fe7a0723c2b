import { ToolError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../message.ts";
import { explainSyntax } from "./syntax-errors.ts";

export interface Statement {
  /** The one statement, without the semicolon that ends it; file-reading functions are replaced by what they read. */
  sql: string;
  /** What it reads: paths, globs and datasets, each once, as they are spelt. */
  tables: string[];
  /** Its rows are few whatever the data: an aggregate without groups, or a LIMIT within the rows that are shown. */
  small: boolean;
  /** It makes no more rows than it reads out of one table, so that it needs no more memory than that takes. */
  isFlat: boolean;
}

/** Table functions that touch nothing but their arguments. */
const tableFunctions = new Set([
  "range",
  "generate_series",
  "unnest",
  "json_each",
  "json_tree",
  "repeat",
  "repeat_row",
]);

/** `read_csv('x')` without options means what `'x'` means. */
const readers = /^(read_csv(_auto)?|read_json(_auto)?|read_ndjson(_auto)?|read_parquet|parquet_scan)$/;
const readerCall = /^[a-z_]+\s*\(\s*'((?:[^']|'')*)'\s*\)/i;

/** Functions of a SELECT that write, tell about the process, or run SQL that has not been read here. */
export const forbiddenFunctions: ReadonlySet<string> = new Set([
  "write_log",
  "current_setting",
  "current_query",
  "getvariable",
  "pg_get_viewdef",
  "pg_get_constraintdef",
  "get_block_size",
  "json_serialize_plan",
  "json_execute_serialized_sql",
  "getenv",
]);

const rowAggregates = new Set(
  "count count_star sum avg mean min max median mode stddev variance any_value first last string_agg list approx_count_distinct quantile_cont count_if".split(
    " ",
  ),
);

/**
 * Read the syntax tree that `json_serialize_sql` gives for a text, and find what it would read. Where the statement's
 * text is not the one that was given, it is to be read in its turn: only a text that comes back as it is may run.
 *
 * @param shown how many rows an answer shows
 * @throws ToolError `invalid_input` for anything but one SELECT, `not_allowed` for what could reach past the sandbox
 */
export function readStatement(sql: string, tree: JsonValue, shown: number): Statement {
  if (!isJsonObject(tree) || tree["error"] !== false) throw rejected(sql, isJsonObject(tree) ? tree : {});
  const [statement, second] = list(tree["statements"]);
  if (!isJsonObject(statement)) throw new ToolError("invalid_input", "sql holds no statement; write one SELECT");
  if (second !== undefined)
    throw new ToolError("invalid_input", "sql holds several statements; send one SELECT a call");
  const found: Found = { tables: new Set(), readers: [] };
  visit(statement, new Set(), found);
  const node = isJsonObject(statement["node"]) ? statement["node"] : {};
  return {
    sql: withoutSemicolons(replaceReaders(sql, found)),
    tables: [...found.tables],
    small: isSmall(node, shown),
    isFlat: found.tables.size <= 1 && !multiplies(node),
  };
}

/** Functions that make several rows of one: `unnest`, its other name, and the macros that DuckDB has over it. */
const rowMakers = /"function_name":"(unnest|unlist|generate_subscripts|regexp_split_to_table)"/i;
/** What joins rows. */
const joins = /"type":"(JOIN|TABLE_FUNCTION|RECURSIVE_CTE_NODE|PIVOT|SUBQUERY)"/;

function multiplies(node: JsonObject): boolean {
  const tree = JSON.stringify(node);
  return joins.test(tree) || rowMakers.test(tree);
}

interface Found {
  tables: Set<string>;
  /** Byte offsets of calls such as `read_csv('x.csv')`. */
  readers: number[];
}

/** Walk a part of the tree. `scope` holds the lower-case names that common table expressions define around it. */
function visit(node: JsonValue, scope: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(node)) return node.forEach((child) => visit(child, scope, found));
  if (!isJsonObject(node)) return;
  const inner = visitExpressionTables(node["cte_map"], scope, found);
  if (node["type"] === "BASE_TABLE") addTable(node, inner, found);
  if (node["type"] === "TABLE_FUNCTION") checkTableFunction(node["function"], found);
  if (node["type"] === "SHOW_REF" && node["query"] === undefined) {
    throw new ToolError(
      "invalid_input",
      "SHOW lists nothing here; name a file or a dataset, e.g. describe 'table.csv'",
    );
  }
  if (node["class"] === "FUNCTION" || node["class"] === "WINDOW") checkFunction(node);
  for (const [key, child] of Object.entries(node)) if (key !== "cte_map") visit(child, inner, found);
}

function visitExpressionTables(
  map: JsonValue | undefined,
  scope: ReadonlySet<string>,
  found: Found,
): ReadonlySet<string> {
  if (!isJsonObject(map)) return scope;
  const inner = new Set(scope);
  for (const entry of list(map["map"]).filter(isJsonObject)) {
    const name = String(entry["key"]).toLowerCase();
    const own = isRecursive(entry["value"]) ? new Set([...inner, name]) : inner;
    visit(entry["value"] ?? null, own, found);
    inner.add(name);
  }
  return inner;
}

function isRecursive(expression: JsonValue | undefined): boolean {
  const query = isJsonObject(expression) ? expression["query"] : undefined;
  const node = isJsonObject(query) ? query["node"] : undefined;
  return isJsonObject(node) && node["type"] === "RECURSIVE_CTE_NODE";
}

function addTable(node: JsonObject, scope: ReadonlySet<string>, found: Found): void {
  const name = String(node["table_name"] ?? "");
  const qualifier = [node["catalog_name"], node["schema_name"]].filter(
    (part) => typeof part === "string" && part !== "",
  );
  if (qualifier.length === 0) {
    if (!scope.has(name.toLowerCase())) found.tables.add(name);
    return;
  }
  // A recursive expression's own rows are named recurring.<name>.
  if (qualifier.length === 1 && qualifier[0] === "recurring" && scope.has(name.toLowerCase())) return;
  const full = [...qualifier, name].join(".");
  throw new ToolError(
    "not_allowed",
    `there is no table ${full}; put the name of a file in quotes, e.g. from '${full}', or name a dataset`,
  );
}

function checkTableFunction(call: JsonValue | undefined, found: Found): void {
  const node = isJsonObject(call) ? call : {};
  const name = String(node["function_name"]).toLowerCase();
  const [argument, option] = list(node["children"]);
  const path =
    isJsonObject(argument) && argument["class"] === "CONSTANT" && isJsonObject(argument["value"])
      ? argument["value"]["value"]
      : undefined;
  if (
    readers.test(name) &&
    typeof path === "string" &&
    option === undefined &&
    typeof node["query_location"] === "number"
  ) {
    found.tables.add(path);
    found.readers.push(node["query_location"]);
    return;
  }
  if (readers.test(name))
    throw new ToolError(
      "not_allowed",
      `${name} takes no options here; its dialect is found for you: write from 'the/file.csv'`,
    );
  if (!tableFunctions.has(name))
    throw new ToolError("not_allowed", `the table function ${name} is not available; read a file with from 'its/path'`);
}

function checkFunction(node: JsonObject): void {
  const name = String(node["function_name"]).toLowerCase();
  if (forbiddenFunctions.has(name)) throw new ToolError("not_allowed", `the function ${name} is not available`);
}

/** Put `"x"` for each `read_csv('x')`, from the last to the first so that offsets stay right. */
function replaceReaders(sql: string, found: Found): string {
  let bytes = Buffer.from(sql);
  for (const offset of found.readers.toSorted((a, b) => b - a)) {
    const rest = bytes.subarray(offset).toString();
    const call = readerCall.exec(rest);
    if (call === null)
      throw new ToolError("not_allowed", "name the file in quotes instead of calling a function: from 'the/file.csv'");
    const table = `"${(call[1] ?? "").replaceAll("''", "'").replaceAll('"', '""')}"`;
    bytes = Buffer.concat([bytes.subarray(0, offset), Buffer.from(table + rest.slice(call[0].length))]);
  }
  return bytes.toString();
}

/** DuckDB takes the spaces of other scripts for plain ones, and counts its offsets from there. */
export function withPlainSpaces(sql: string): string {
  return blankOutside(sql, /[\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/);
}

/** The semicolons of a single statement only end it. */
function withoutSemicolons(sql: string): string {
  return blankOutside(sql, /;/);
}

const opaque =
  /\b[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_0-9]*\$)[^]*?\1|--[^\n]*|\/\*[^]*?\*\//;

/** Put a space for single characters outside strings, quoted names and comments. */
function blankOutside(sql: string, character: RegExp): string {
  const pieces = new RegExp(`${opaque.source}|${character.source}`, "g");
  return sql.replace(pieces, (piece) => (piece.length === 1 ? " " : piece));
}

function isSmall(node: JsonObject, shown: number): boolean {
  const limits = list(node["modifiers"]).filter(
    (modifier) => isJsonObject(modifier) && modifier["type"] === "LIMIT_MODIFIER",
  );
  const limited = limits.some((modifier) => isJsonObject(modifier) && isConstant(modifier["limit"], shown));
  return limited || isOneRow(node);
}

function isConstant(limit: JsonValue | undefined, most: number): boolean {
  const value = isJsonObject(limit) && isJsonObject(limit["value"]) ? limit["value"]["value"] : undefined;
  return typeof value === "number" && value <= most;
}

function isOneRow(node: JsonObject): boolean {
  const grouped = list(node["group_expressions"]).length > 0 || node["aggregate_handling"] !== "STANDARD_HANDLING";
  const selected = JSON.stringify(node["select_list"] ?? []);
  if (node["type"] !== "SELECT_NODE" || grouped || rowMakers.test(selected)) return false;
  return list(node["select_list"]).some(aggregates);
}

/** Whether an expression holds an aggregate of its own, outside subqueries and windows. */
function aggregates(expression: JsonValue): boolean {
  if (Array.isArray(expression)) return expression.some(aggregates);
  if (!isJsonObject(expression) || expression["class"] === "SUBQUERY" || expression["class"] === "WINDOW") return false;
  if (expression["class"] === "FUNCTION" && rowAggregates.has(String(expression["function_name"]))) return true;
  return Object.values(expression).some(aggregates);
}

function list(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function rejected(sql: string, tree: JsonObject): ToolError {
  if (tree["error_type"] === "not implemented") {
    return new ToolError(
      "invalid_input",
      "only one SELECT can be run here (WITH, VALUES, DESCRIBE, SUMMARIZE and PIVOT too); nothing that writes or changes settings; save_as keeps a result",
    );
  }
  const position = Number(tree["position"] ?? NaN);
  const message = explainSyntax(sql, String(tree["error_message"]), Number.isNaN(position) ? undefined : position);
  return new ToolError("invalid_input", message);
}
