import { DuckDBTypeId, type DuckDBType } from "@duckdb/node-api";
import { quoteName, quoteText } from "../sql-text.ts";

/** A column of a result that is written to a file. */
export interface ExportColumn {
  /** Unique in the result. */
  name: string;
  type: DuckDBType;
}

/** A statement around another that gives something made of each of its columns, under the names that are given. */
export function projected(
  sql: string,
  columns: readonly ExportColumn[],
  project: (column: ExportColumn) => { name: string; value: string },
): string {
  const values = columns.map((column) => {
    const { name, value } = project(column);
    return `${value} AS ${quoteName(name)}`;
  });
  return `SELECT ${values.join()} FROM (\n${sql}\n) AS result(${columns.map(({ name }) => quoteName(name)).join()})`;
}

/** Text as which a spreadsheet would run a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const formulaStarts = ["=", "+", "-", "@", "\t", "\r", "\n"];

/** A column as CSV has it: what is nested as JSON, and formulas, where that is wanted, as text. */
export function csvColumn({ name, type }: ExportColumn, escapeFormulas: boolean): { name: string; value: string } {
  const column = quoteName(name);
  if (isNested(type)) return { name, value: jsonText(column, type) };
  if (!escapeFormulas) return { name, value: column };
  const shown = formulaStarts.includes(name.charAt(0)) ? `'${name}` : name;
  if (!isText(type)) return { name: shown, value: column };
  const text = `CAST(${column} AS VARCHAR)`;
  const starts = formulaStarts.map((start) => `chr(${start.charCodeAt(0)})`).join();
  return { name: shown, value: `CASE WHEN left(${text}, 1) IN (${starts}) THEN '''' || ${text} ELSE ${text} END` };
}

/** A column as JSON has it: no reader loses a digit of it, whatever it makes of numbers. */
export function jsonColumn({ name, type }: ExportColumn): { name: string; value: string } {
  return { name, value: exactJson(quoteName(name), type) ?? quoteName(name) };
}

/** A nested value as a JSON text. */
export function jsonText(value: string, type: DuckDBType): string {
  return `CAST(to_json(${exactJson(value, type) ?? value}) AS VARCHAR)`;
}

export function isNested({ typeId }: DuckDBType): boolean {
  return nested.has(typeId);
}

function isText({ typeId }: DuckDBType): boolean {
  return [DuckDBTypeId.VARCHAR, DuckDBTypeId.ENUM, DuckDBTypeId.BLOB].includes(typeId);
}

const nested = new Set<DuckDBTypeId>([
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.UNION,
]);

const safe = Number.MAX_SAFE_INTEGER;

/** An expression that gives a value for JSON as the cells of answers are; undefined where it is that already. */
function exactJson(value: string, type: DuckDBType, depth = 0): string | undefined {
  const text = `CAST(${value} AS VARCHAR)`;
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
      return `CASE WHEN ${value} BETWEEN -${safe} AND ${safe} THEN to_json(${value}) ELSE to_json(${text}) END`;
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.UHUGEINT:
      return `CASE WHEN ${value} <= ${safe} THEN to_json(${value}) ELSE to_json(${text}) END`;
    case DuckDBTypeId.DECIMAL:
    case DuckDBTypeId.BIGNUM:
      return text;
    case DuckDBTypeId.FLOAT:
      // By way of its text: 0.1 as a wider number is 0.10000000149011612.
      return finiteJson(value, `CAST(${text} AS DOUBLE)`);
    case DuckDBTypeId.DOUBLE:
      return finiteJson(value, value);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return isoTime(text);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `replace(${isoTime(text)}, '+00', 'Z')`;
    case DuckDBTypeId.VARCHAR:
      return type.alias === "JSON"
        ? `CASE WHEN ${longNumber(text)} THEN to_json(${text}) ELSE ${value} END`
        : undefined;
    default:
      return nestedJson(value, type, depth);
  }
}

function longNumber(text: string): string {
  return `regexp_matches(${text}, '[0-9]{16}')`;
}

/** The years before our era have a space of their own, as in `0044-03-15 (BC) 12:00:00`. */
function isoTime(text: string): string {
  return `replace(replace(${text}, ' ', 'T'), 'T(BC)', ' (BC)')`;
}

/** JSON has no numbers for these. */
function finiteJson(value: string, finite: string): string {
  const name = `CASE WHEN isnan(${value}) THEN 'NaN' WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END`;
  return `CASE WHEN isfinite(${value}) THEN to_json(${finite}) WHEN ${value} IS NOT NULL THEN to_json(${name}) END`;
}

function nestedJson(value: string, type: DuckDBType, depth: number): string | undefined {
  const item = `item${depth}`;
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY: {
      const inner = exactJson(item, type.valueType, depth + 1);
      return inner === undefined ? undefined : `list_transform(${value}, lambda ${item}: ${inner})`;
    }
    case DuckDBTypeId.MAP: {
      const inner = exactJson(`${item}.value`, type.valueType, depth + 1);
      if (inner === undefined) return undefined;
      const entry = `{'key': ${item}.key, 'value': ${inner}}`;
      const mapped = `map_from_entries(list_transform(map_entries(${value}), lambda ${item}: ${entry}))`;
      return `CASE WHEN ${value} IS NOT NULL THEN ${mapped} END`;
    }
    case DuckDBTypeId.STRUCT: {
      const fields = type.entryNames.map((name, index) => {
        const field = `struct_extract(${value}, ${name === "" ? index + 1 : quoteText(name)})`;
        const entry = type.entryTypes[index];
        return { name, field, inner: entry === undefined ? undefined : exactJson(field, entry, depth + 1) };
      });
      if (fields.every(({ inner }) => inner === undefined) || fields.some(({ name }) => name === "")) return undefined;
      const packed = fields.map(({ name, field, inner }) => `${quoteName(name)} := ${inner ?? field}`).join();
      return `CASE WHEN ${value} IS NOT NULL THEN struct_pack(${packed}) END`;
    }
    default:
      return undefined;
  }
}
