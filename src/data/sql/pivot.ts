import type { DuckDBConnection } from "@duckdb/node-api";
import { ToolError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../message.ts";
import { pivotMarker } from "./pivot-text.ts";
import { quoteText } from "../sql-text.ts";

/** A table of more columns than this says nothing to anybody. */
const maxValues = 1_000;
const maxListChars = 200_000;

/**
 * Put the values that there are for each marker of a statement, smallest first. DuckDB would do that in a statement of
 * its own; here both texts are checked like any other.
 *
 * @param check throws where a text must not run
 * @throws ToolError `too_large` for more values than a table should have columns, `invalid_input` for none
 */
export async function fillPivots(
  connection: DuckDBConnection,
  sql: string,
  check: (sql: string) => Promise<void>,
): Promise<string> {
  let filled = sql;
  let columns = 1;
  for (let index = 0; filled.includes(`'${pivotMarker(index)}'`); index++) {
    const marker = pivotMarker(index);
    const { text, shown } = await valuesQuery(connection, filled, marker);
    await check(text);
    const rows = (await connection.runAndReadAll(text)).getRows();
    const values = [...new Set(rows.map(([value]) => String(value)))];
    if (values.length === 0)
      throw new ToolError("invalid_input", `PIVOT makes a column of each value of ${shown}, and there is none`);
    columns *= Math.max(Number(rows[0]?.[1]), values.length);
    const list = values.map(quoteText).join(", ");
    if (columns > maxValues || list.length > maxListChars) throw tooMany(shown, columns, values);
    filled = filled.replace(`'${marker}'`, () => list);
  }
  return filled;
}

function tooMany(shown: string, columns: number, values: readonly string[]): ToolError {
  const some = values.slice(0, 3).map((value) => quoteText(value.slice(0, 40)));
  return new ToolError(
    "too_large",
    `PIVOT would make ${columns.toLocaleString("en")} columns of the values of ${shown}, more than ${maxValues.toLocaleString("en")}; name those you want, ON ${shown} IN (${some.join(", ")}, …), or use GROUP BY ${shown} instead`,
  );
}

const template = `SELECT CAST(x AS VARCHAR), count(*) OVER () FROM (SELECT DISTINCT "axoner:value" AS x FROM "axoner:source") WHERE x IS NOT NULL ORDER BY x LIMIT ${maxValues + 1}`;

/** The statement that gives the values of a marked column, and the column's text. */
async function valuesQuery(
  connection: DuckDBConnection,
  sql: string,
  marker: string,
): Promise<{ text: string; shown: string }> {
  const found = findPivots(await treeOf(connection, sql), marker, []);
  const [pivot] = found;
  const value = pivot === undefined ? undefined : innerOfCast(pivot.value);
  if (pivot === undefined || value === undefined || found.length > 1) throw uncertain();
  const tree = await treeOf(connection, template);
  const wanted = toText(withScope(substitute(tree, value, pivot.source), pivot.scope));
  const text = await askText(connection, `SELECT json_deserialize_sql(${quoteText(wanted)})`);
  if (toText(await treeOf(connection, text)) !== wanted) throw uncertain();
  return { text, shown: await shownOf(connection, value) };
}

function uncertain(): ToolError {
  return new ToolError(
    "invalid_input",
    "the values of this PIVOT cannot be found beforehand; name them: PIVOT … ON column IN ('a', 'b')",
  );
}

async function shownOf(connection: DuckDBConnection, value: JsonValue): Promise<string> {
  const tree = toText(substitute(await treeOf(connection, `SELECT "axoner:value"`), value, null));
  return (await askText(connection, `SELECT json_deserialize_sql(${quoteText(tree)})`)).replace(/^SELECT /, "");
}

async function askText(connection: DuckDBConnection, sql: string): Promise<string> {
  return String((await connection.runAndReadAll(sql)).getRows()[0]?.[0]);
}

/** The tree of a statement, without positions, and with each number as it is written: 1.0 is another type than 1. */
async function treeOf(connection: DuckDBConnection, sql: string): Promise<JsonValue> {
  const text = await askText(connection, `SELECT json_serialize_sql(${quoteText(sql)})`);
  return JSON.parse(text, withoutPositions) as JsonValue;
}

function withoutPositions(key: string, value: unknown, context?: { source?: string }): unknown {
  if (key === "query_location") return undefined;
  return typeof value === "number" ? `${numberMark}${context?.source ?? value}` : value;
}

/** No text of a statement holds this. */
const numberMark = "\0";

function toText(tree: JsonValue): string {
  return JSON.stringify(tree).replaceAll(/"\\u0000([^"]*)"/g, "$1");
}

interface FoundPivot {
  value: JsonValue;
  source: JsonValue;
  /** The common table expressions that its source may name, outermost first. */
  scope: JsonValue[];
}

function findPivots(node: JsonValue, marker: string, scope: readonly JsonValue[]): FoundPivot[] {
  if (Array.isArray(node)) return node.flatMap((child) => findPivots(child, marker, scope));
  if (!isJsonObject(node)) return [];
  const found: FoundPivot[] = [];
  const inner = [...scope];
  for (const entry of entriesOf(node["cte_map"])) {
    found.push(...findPivots(entry, marker, inner));
    inner.push(entry);
  }
  for (const pivot of node["type"] === "PIVOT" ? listOf(node["pivots"]) : []) {
    const value = isJsonObject(pivot) && isMarked(pivot, marker) ? listOf(pivot["pivot_expressions"])[0] : undefined;
    if (value !== undefined) found.push({ value, source: node["source"] ?? null, scope: inner });
  }
  const others = Object.entries(node).filter(([key]) => key !== "cte_map");
  return [...found, ...others.flatMap(([, child]) => findPivots(child, marker, inner))];
}

function isMarked(pivot: JsonObject, marker: string): boolean {
  const entries = listOf(pivot["entries"]);
  const value = isJsonObject(entries[0]) ? listOf(entries[0]["values"])[0] : undefined;
  return entries.length === 1 && isJsonObject(value) && value["value"] === marker;
}

function innerOfCast(expression: JsonValue): JsonValue | undefined {
  return isJsonObject(expression) && expression["class"] === "CAST" ? expression["child"] : undefined;
}

function substitute(node: JsonValue, value: JsonValue, source: JsonValue): JsonValue {
  if (Array.isArray(node)) return node.map((child) => substitute(child, value, source));
  if (!isJsonObject(node)) return node;
  if (node["table_name"] === "axoner:source") return source;
  const isValue = node["class"] === "COLUMN_REF" && listOf(node["column_names"])[0] === "axoner:value";
  if (isValue && isJsonObject(value)) return { ...value, alias: node["alias"] ?? "" };
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, substitute(child, value, source)]));
}

/** A nearer expression hides a farther one of its name. */
function withScope(tree: JsonValue, scope: readonly JsonValue[]): JsonValue {
  const names = scope.map((entry) => (isJsonObject(entry) ? String(entry["key"]).toLowerCase() : ""));
  const map = scope.filter((_, index) => names.lastIndexOf(names[index] ?? "") === index);
  const [statement] = isJsonObject(tree) ? listOf(tree["statements"]) : [];
  if (!isJsonObject(statement) || !isJsonObject(statement["node"]) || !isJsonObject(tree)) throw uncertain();
  return { ...tree, statements: [{ ...statement, node: { ...statement["node"], cte_map: { map: [...map] } } }] };
}

function entriesOf(map: JsonValue | undefined): JsonValue[] {
  return isJsonObject(map) ? listOf(map["map"]) : [];
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}
