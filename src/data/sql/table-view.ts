import type { DuckDBConnection } from "@duckdb/node-api";
import { ToolError } from "../../errors.ts";
import { inferType, isKeptByCast } from "../text/column-types.ts";
import type { Dialect } from "../text/dialect.ts";
import { exactColumns } from "./exact-columns.ts";
import { maxRowBytes } from "../json/json-file.ts";
import type { OpenFile, OpenSource } from "./open-sources.ts";
import { columnList, quoteName, quoteText } from "../sql-text.ts";
import type { SourceDialect, SourceProblem, StoredColumn } from "./sql-wire.ts";

/** How to read one source, beyond what its files say. */
export interface Reading {
  /** Every column of delimited text as it is written. */
  asText: boolean;
  /** Types of columns of delimited text that turned out not to be what their sample promised. */
  types: Map<string, string>;
  /** Read delimited text by one thread, which tells a field that is too long from a quote in the wrong place. */
  inOrder: boolean;
  /** A copy that keeps the rules is read in place of one of its files. */
  isRepaired: boolean;
  /** A file that had been seen whole was written to. */
  hasGrown: boolean;
  /** What is wrong with the source, as far as it has been read. */
  problems: SourceProblem[];
}

export function plainReading(): Reading {
  return {
    asText: false,
    types: new Map(),
    inOrder: false,
    isRepaired: false,
    hasGrown: false,
    problems: [],
  };
}

/** Make the name of a source, as the statement spells it, a table of its rows. */
export async function createTableView(
  connection: DuckDBConnection,
  source: OpenSource,
  reading: Reading,
): Promise<void> {
  const reader = readerOf(source, reading);
  await connection.run(`CREATE OR REPLACE TEMP VIEW ${quoteName(source.source.name)} AS SELECT * FROM ${reader}`);
}

/** The table function call that reads a source. */
export function readerOf(open: OpenSource, reading: Reading): string {
  const { source, files, kept } = open;
  const paths = `[${files.map(({ path }) => quoteText(path)).join()}]`;
  if (kept !== undefined) return `(SELECT ${kept.columns.map(restoredColumn).join()} FROM read_parquet(${paths}))`;
  const many = files.length > 1 ? ", union_by_name = true" : "";
  switch (source.format) {
    case "parquet":
      return `read_parquet(${paths}, hive_partitioning = false${many})`;
    case "json":
    case "jsonl":
      return jsonTable(open);
    case "csv":
      return csvReader(open, reading);
  }
}

function jsonTable({ source, files, json }: OpenSource): string {
  const paths = `[${files.map(({ path }) => quoteText(path)).join()}]`;
  const columns = source.columns ?? json?.columns;
  if (columns === undefined) throw new Error(`no columns of ${source.name}`);
  const { format = "newline_delimited", isRecords = true } = json ?? {};
  return call("read_json", paths, {
    format: quoteText(format),
    compression: quoteText(jsonCompression(files)),
    hive_partitioning: "false",
    columns: columnList(columns),
    records: String(isRecords),
    maximum_object_size: String(maxRowBytes),
  });
}

function restoredColumn({ name, type, stored }: StoredColumn): string {
  const column = quoteName(name);
  return type === stored ? column : `CAST(${column} AS ${type}) AS ${column}`;
}

function jsonCompression(files: readonly OpenFile[]): string {
  const compression = files[0]?.compression ?? "none";
  return compression === "none" ? "uncompressed" : compression;
}

/** Files that follow each other and are read alike are one call; the calls' columns are put together by their names. */
function csvReader(open: OpenSource, reading: Reading): string {
  const groups = groupsOf(open);
  const types = columnTypes(open, reading);
  const isSeen = isSeenWhole(open, reading);
  const tables = groups.map(({ dialect, files }) => {
    const columns = dialect.columns.map((name, index) => {
      const type = types.get(name) ?? "VARCHAR";
      return { name, type, isProven: isSeen && isKeptByCast(type, cellsOf(dialect, index)) };
    });
    return exactColumns(csvCall(dialect, files, reading), columns, open.source.name);
  });
  if (tables.length === 1) return tables.join();
  checkUnion(open.source.name, groups);
  return `(${tables.map((table) => `SELECT * FROM ${table}`).join(" UNION ALL BY NAME ")})`;
}

/** Whether every cell of a source has been seen, and its types are what they promise. */
export function isSeenWhole({ files: [file, ...others] }: OpenSource, reading: Reading): boolean {
  const dialect = others.length === 0 ? file?.dialect : undefined;
  // a type that came of a second reading is not that of the sample
  if (dialect === undefined || reading.isRepaired || reading.hasGrown || reading.types.size > 0) return false;
  return dialect.isWhole && dialect.sample.every((row) => row.length === dialect.columns.length);
}

function cellsOf({ sample }: Dialect, column: number): string[] {
  return sample.map((row) => row[column] ?? "");
}

interface Group {
  dialect: Dialect;
  files: OpenFile[];
  /** What messages call the first of the files. */
  shown: string;
}

function groupsOf({ source, files }: OpenSource): Group[] {
  const groups: Group[] = [];
  for (const [index, file] of files.entries()) {
    const { dialect } = file;
    if (dialect === undefined) throw new Error(`no dialect of ${source.name}`);
    const last = groups.at(-1);
    if (last !== undefined && last.files[0]?.compression === file.compression && isLike(last.dialect, dialect)) {
      last.files.push(file);
    } else {
      groups.push({ dialect, files: [file], shown: source.files[index]?.shown ?? "" });
    }
  }
  return groups;
}

/** The checks of more columns take longer to plan than most statements to run: wider tables are text. */
const maxTypedColumns = 1_000;

/** The types of the columns of delimited text by their names, which mean the same in all files. */
export function columnTypes({ files }: OpenSource, { asText, types }: Reading): Map<string, string> {
  if (asText) return new Map();
  if (files.some(({ dialect }) => (dialect?.columns.length ?? 0) > maxTypedColumns)) return new Map();
  const cells = new Map<string, string[]>();
  const texts = new Set<string>();
  for (const { dialect, sheet } of files) {
    for (const [index, name] of dialect?.columns.entries() ?? []) {
      if (sheet?.texts.has(index) === true || (dialect?.header === false && sheet?.firstTexts.has(index) === true))
        texts.add(name);
      const known = cells.get(name) ?? [];
      for (const row of dialect?.sample ?? []) known.push(row[index] ?? "");
      cells.set(name, known);
    }
  }
  const typeOf = (name: string, known: string[]) => types.get(name) ?? (texts.has(name) ? "VARCHAR" : inferType(known));
  return new Map([...cells].map(([name, known]) => [name, typeOf(name, known)]));
}

function csvCall(dialect: Dialect, files: readonly OpenFile[], { inOrder }: Reading): string {
  const paths = files.map(({ path }) => quoteText(path));
  const compression = files[0]?.compression ?? "none";
  return call("read_csv", `[${paths.join()}]`, {
    auto_detect: "false",
    columns: columnList(dialect.columns.map((name) => ({ name, type: "VARCHAR" }))),
    delim: quoteText(dialect.delimiter),
    quote: `'"'`,
    escape: `'"'`,
    skip: String(dialect.skip),
    header: String(dialect.header),
    compression: quoteText(compression),
    hive_partitioning: "false",
    // Several threads drop rows that are longer than their buffers; `checkLineLengths` cannot look into compressed text.
    parallel: String(!inOrder && compression === "none"),
  });
}

/** What an answer tells of a source. */
export function dialectOf({ source, files, kept }: OpenSource): SourceDialect {
  const { name, format, compression } = source;
  if (kept !== undefined) return { ...kept.dialect, source: name };
  const { dialect, sheet, text } = files[0] ?? {};
  const encoding = dialect?.encoding ?? text?.encoding ?? (format === "parquet" ? "binary" : "utf-8");
  if (sheet !== undefined) {
    const header = dialect?.header ?? false;
    return { source: name, format: "xlsx", compression: "zip", encoding, sheet: sheet.sheet, header };
  }
  const member = source.files[0]?.part;
  return {
    source: name,
    format,
    compression,
    encoding,
    ...(member === undefined ? {} : { member }),
    ...(dialect === undefined ? {} : { delimiter: dialect.delimiter, header: dialect.header }),
  };
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
function checkUnion(name: string, [first, ...others]: readonly Group[]): void {
  const odd = [first, ...others].find((group) => group?.dialect.header === false);
  if (odd === undefined) return;
  const other = odd === first ? others[0]?.shown : first?.shown;
  throw new ToolError(
    "unreadable",
    `'${name}' cannot be read as one table: '${odd.shown}' has no header and '${other}' has other columns; query them one by one`,
  );
}

function call(name: string, path: string, options: Record<string, string>): string {
  return `${name}(${[path, ...Object.entries(options).map(([key, value]) => `${key} = ${value}`)].join(", ")})`;
}
