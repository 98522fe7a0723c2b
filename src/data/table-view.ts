import type { DuckDBConnection } from "@duckdb/node-api";
import { ToolError } from "../errors.ts";
import type { Column } from "./dataset.ts";
import { inferType, fittingType } from "./column-types.ts";
import type { Dialect } from "./dialect.ts";
import type { OpenSource } from "./open-sources.ts";
import { quoteName, quoteText } from "./sql-text.ts";
import type { SourceDialect, SourceProblem, StoredColumn } from "./sql-wire.ts";

/** How to read one source, beyond what its files say. */
export interface Reading {
  /** Every column of delimited text as it is written. */
  asText: boolean;
  /** Columns of delimited text that turned out not to be what their sample promised. */
  textColumns: Set<string>;
  /** Find the types of JSON in all of it instead of in its beginning. */
  wholeSample: boolean;
  /** Read delimited text by one thread, which tells a field that is too long from a quote in the wrong place. */
  inOrder: boolean;
  /** A copy that keeps the rules is read in place of one of its files. */
  isRepaired: boolean;
  /** What is wrong with the source, as far as it has been read. */
  problems: SourceProblem[];
}

export const plainReading: Reading = {
  asText: false,
  textColumns: new Set(),
  wholeSample: false,
  inOrder: false,
  isRepaired: false,
  problems: [],
};

/** Make the name of a source, as the statement spells it, a table of its rows. */
export async function createTableView(
  connection: DuckDBConnection,
  source: OpenSource,
  reading: Reading,
): Promise<void> {
  const reader = await readerOf(connection, source, reading);
  await connection.run(`CREATE OR REPLACE TEMP VIEW ${quoteName(source.source.name)} AS SELECT * FROM ${reader}`);
}

/** The table function call that reads a source. */
export async function readerOf(connection: DuckDBConnection, open: OpenSource, reading: Reading): Promise<string> {
  const { source, files, kept } = open;
  const paths = `[${files.map(({ path }) => quoteText(path)).join()}]`;
  if (kept !== undefined) return `(SELECT ${kept.columns.map(restoredColumn).join()} FROM read_parquet(${paths}))`;
  const many = files.length > 1 ? ", union_by_name = true" : "";
  switch (source.format) {
    case "parquet":
      return `read_parquet(${paths}, hive_partitioning = false${many})`;
    case "json":
    case "jsonl": {
      const format = source.format === "json" ? "auto" : "newline_delimited";
      const types =
        source.columns === undefined
          ? `, sample_size = ${reading.wholeSample ? -1 : 20_480}`
          : `, columns = ${columnList(source.columns)}`;
      return `read_json(${paths}, format = '${format}', compression = '${source.compression === "none" ? "uncompressed" : source.compression}', hive_partitioning = false${types}${many})`;
    }
    case "csv":
      return await csvReader(connection, open, reading);
  }
}

function restoredColumn({ name, type, stored }: StoredColumn): string {
  const column = quoteName(name);
  return type === stored ? column : `CAST(${column} AS ${type}) AS ${column}`;
}

async function csvReader(connection: DuckDBConnection, open: OpenSource, reading: Reading): Promise<string> {
  const dialects = open.files.flatMap(({ dialect }) => dialect ?? []);
  const [first] = dialects;
  if (first === undefined) throw new Error(`no dialect of ${open.source.name}`);
  const paths = open.files.map(({ path }) => quoteText(path));
  const shared = {
    delim: quoteText(first.delimiter),
    quote: `'"'`,
    escape: `'"'`,
    skip: String(first.skip),
    header: String(first.header),
    compression: quoteText(open.files[0]?.compression ?? "none"),
    hive_partitioning: "false",
    // Several threads drop rows that are longer than their buffers; `checkLineLengths` cannot look into compressed text.
    parallel: String(!reading.inOrder && open.files[0]?.compression === "none"),
  };
  if (!dialects.every((dialect) => isLike(first, dialect))) {
    checkUnion(open, dialects);
    return call("read_csv", `[${paths.join()}]`, {
      ...shared,
      union_by_name: "true",
      all_varchar: String(reading.asText),
    });
  }
  const guess = await sniff(connection, paths[0] ?? "", shared, first);
  const columns = first.columns.map((name, index) => {
    const cells = dialects.flatMap(({ sample }) => sample.map((row) => row[index] ?? ""));
    const guessed = guess.types[index] ?? inferType(cells);
    return { name, type: reading.asText || reading.textColumns.has(name) ? "VARCHAR" : fittingType(guessed, cells) };
  });
  return call("read_csv", `[${paths.join()}]`, {
    ...shared,
    ...guess.formats,
    auto_detect: "false",
    columns: columnList(columns),
  });
}

interface Guess {
  /** By position; empty where DuckDB and we do not see the same columns. */
  types: string[];
  formats: Record<string, string>;
}

/**
 * DuckDB's own guess at the types, within our dialect. It gives up on a file with a bad row without saying which;
 * then the types come from our sample, and reading the file names the line.
 */
async function sniff(
  connection: DuckDBConnection,
  path: string,
  shared: Record<string, string>,
  { columns }: Dialect,
): Promise<Guess> {
  const wanted = "Columns.apply(lambda c: c.type) AS types, DateFormat, TimestampFormat";
  try {
    const { hive_partitioning: _, parallel: __, ...options } = shared;
    const reader = await connection.runAndReadAll(`SELECT ${wanted} FROM ${call("sniff_csv", path, options)}`);
    const [types, dateFormat, timestampFormat] = reader.getRowsJson()[0] ?? [];
    if (!Array.isArray(types) || types.length !== columns.length) return { types: [], formats: {} };
    const formats: Record<string, string> = {};
    if (typeof dateFormat === "string" && dateFormat !== "") formats["dateformat"] = quoteText(dateFormat);
    if (typeof timestampFormat === "string" && timestampFormat !== "")
      formats["timestampformat"] = quoteText(timestampFormat);
    return { types: types.map(String), formats };
  } catch (thrown) {
    if (thrown instanceof Error && /sniffing file|CSV Error/.test(thrown.message)) return { types: [], formats: {} };
    throw thrown;
  }
}

/** What an answer tells of a source. */
export function dialectOf({ source, files, kept }: OpenSource): SourceDialect {
  const { name, format, compression } = source;
  if (kept !== undefined) return { ...kept.dialect, source: name };
  const dialect = files[0]?.dialect;
  const text = {
    source: name,
    format,
    compression,
    encoding: dialect?.encoding ?? (format === "parquet" ? "binary" : "utf-8"),
  };
  return dialect === undefined ? text : { ...text, delimiter: dialect.delimiter, header: dialect.header };
}

function isLike(a: Dialect, b: Dialect): boolean {
  return (
    a.delimiter === b.delimiter &&
    a.skip === b.skip &&
    a.header === b.header &&
    a.columns.join("\0") === b.columns.join("\0")
  );
}

/** Files of several shapes can be put together by their columns' names, if all have them. */
function checkUnion({ source }: OpenSource, dialects: readonly Dialect[]): void {
  const [model] = dialects;
  const odd = dialects.findIndex(
    ({ header, delimiter, skip }) => !header || delimiter !== model?.delimiter || skip !== model.skip,
  );
  if (odd < 0) return;
  const [first, other] = [source.files[0]?.shown, source.files[Math.max(odd, 1)]?.shown];
  throw new ToolError(
    "unreadable",
    `'${source.name}' cannot be read as one table: '${first}' and '${other}' differ in delimiter or header; query them one by one`,
  );
}

function columnList(columns: readonly Column[]): string {
  return `{${columns.map(({ name, type }) => `${quoteText(name)}: ${quoteText(type)}`).join()}}`;
}

function call(name: string, path: string, options: Record<string, string>): string {
  return `${name}(${[path, ...Object.entries(options).map(([key, value]) => `${key} = ${value}`)].join(", ")})`;
}
