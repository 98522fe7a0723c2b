import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../dataset.ts";
import { inferType, type TextColumnType } from "../text/column-types.ts";
import { columnList, quoteName } from "../sql-text.ts";
import type { SourceProblem } from "./sql-wire.ts";

/** How JSON is read. */
export interface JsonReading {
  /** Its columns; undefined where DuckDB has to find them again, e.g. in JSON that is no list of objects. */
  columns: Column[] | undefined;
  /** Types of columns of texts that are all days or times. */
  times: Map<string, TextColumnType>;
  problems: SourceProblem[];
}

/** The table function call that reads some JSON, by options of its own. */
export type JsonReader = (options: string) => string;

/**
 * Types from all of the JSON: with those of a beginning DuckDB makes 2 of a later 1.5, and leaves out a later field.
 * What it takes for days and times is none of them: it guesses which number is the month, and forgets the offset from
 * UTC.
 */
export const wholeJson = "sample_size = -1, dateformat = '%Y|', timestampformat = '%Y|'";

/** Find the columns of JSON, and types that keep everything that their values say. */
export async function findJsonColumns(
  connection: DuckDBConnection,
  reader: JsonReader,
  shown: string,
): Promise<JsonReading> {
  const described = await rowsOf(connection, `DESCRIBE SELECT * FROM ${reader(wholeJson)}`);
  const found = described.map(([name, type]) => ({ name: String(name), type: withoutTimes(String(type)) }));
  if (isAmbiguous(found)) return { columns: undefined, times: new Map(), problems: [] };
  const { columns, problems } = await withTexts(connection, { reader, columns: found, shown });
  return { columns, times: await findTimes(connection, reader, columns), problems };
}

const quotedOrTime = /"(?:[^"]|"")*"|\b(?:DATE|TIMESTAMP|TIME|UUID)\b/g;

/** DuckDB writes such values otherwise than they were written. */
function withoutTimes(type: string): string {
  return type.replaceAll(quotedOrTime, (part) => (part.startsWith('"') ? part : "VARCHAR"));
}

/** Whether a name may be DuckDB's own: of values that are no objects, and of fields that differ by their case alone. */
function isAmbiguous(columns: readonly Column[]): boolean {
  if (columns.length === 1 && columns[0]?.name === "json") return true;
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  return columns.some(({ name }) => /_\d+$/.test(name) && names.has(name.toLowerCase().replace(/_\d+$/, "")));
}

interface Found {
  reader: JsonReader;
  columns: Column[];
  shown: string;
}

/** Columns of several kinds of values are text, as long as none of these is nested. */
async function withTexts(
  connection: DuckDBConnection,
  { reader, columns, shown }: Found,
): Promise<{ columns: Column[]; problems: SourceProblem[] }> {
  const mixed = columns.filter(({ type }) => type === "JSON");
  if (mixed.length === 0) return { columns, problems: [] };
  const kinds = mixed.map(({ name }) => {
    const start = `left(${quoteName(name)}, 1)`;
    return `coalesce(bool_or(${start} = '{' OR ${start} = '['), false), coalesce(bool_or(${start} = '"'), false), coalesce(bool_or(${start} BETWEEN '-' AND '9' OR ${start} IN ('t', 'f')), false)`;
  });
  const [flags = []] = await rowsOf(
    connection,
    `SELECT ${kinds.join()} FROM ${reader(`columns = ${columnList(mixed)}`)}`,
  );
  const texts = new Map<string, boolean>();
  for (const [index, { name }] of mixed.entries()) {
    const [isNested, isText, isOther] = flags.slice(3 * index);
    if (isNested === false) texts.set(name, isText === true && isOther === true);
  }
  return {
    columns: columns.map((column) => (texts.has(column.name) ? { ...column, type: "VARCHAR" } : column)),
    problems: [...texts].filter(([, isMixed]) => isMixed).map(([name]) => mixedProblem(name, shown)),
  };
}

function mixedProblem(name: string, shown: string): SourceProblem {
  const message = `column "${name}" of '${shown}' holds texts and numbers or booleans, and is read as text`;
  return { line: 0, code: "mixed_kinds", message };
}

const sampledRows = 1_000;

async function findTimes(
  connection: DuckDBConnection,
  reader: JsonReader,
  columns: readonly Column[],
): Promise<Map<string, TextColumnType>> {
  const texts = columns.filter(({ type }) => type === "VARCHAR");
  if (texts.length === 0) return new Map();
  const rows = await rowsOf(
    connection,
    `SELECT * FROM ${reader(`columns = ${columnList(texts)}`)} LIMIT ${sampledRows}`,
  );
  const types = texts.map(({ name }, index) => {
    const cells = rows.flatMap((row) => (row[index] === null ? [] : [String(row[index])]));
    // a text with nothing in it is no time, and not the same as none
    return [name, cells.includes("") ? "VARCHAR" : inferType(cells)] as const;
  });
  return new Map(types.filter(([, type]) => isTime(type)));
}

function isTime(type: TextColumnType): boolean {
  return type === "DATE" || type.startsWith("TIME");
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRows();
}
