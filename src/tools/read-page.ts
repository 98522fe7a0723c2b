import type { Column } from "../data/dataset.ts";
import { openSlots } from "../data/slots.ts";
import { findSource, type TableSource } from "../data/source.ts";
import { quoteName } from "../data/sql-text.ts";
import { extraColumn, problemsOf } from "../data/text/repair.ts";
import type { SqlAnswer } from "../data/sql.ts";
import { isWebAddress } from "../data/web/web-address.ts";
import type { WebFiles } from "../data/web/web-files.ts";
import { jsonRows, openDelimited, openLenient, type TextFile } from "../data/text/text-rows.ts";
import { columnNames } from "../data/text/header.ts";
import { ToolError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { didYouMean } from "../text/nearest.ts";
import { toJson } from "../text/text.ts";
import { previewRows } from "./preview.ts";
import type { ToolContext } from "./tool.ts";

/** Further into a text file than this, SQL finds the rows faster. */
const maxTextOffset = 100_000;

/** How far to look for a column that the rows of a page do not have. */
const maxSearchedRows = 100_000;

/** The input of `read_rows` as it is once it is read. */
export interface ReadRowsInput {
  source: string;
  offset: number;
  limit: number;
  columns?: string[] | undefined;
}

/** What `read_rows` does. Loads no zod: the server reads its first rows before other programs have started. */
export async function readRowsPage({ source, offset, limit, columns }: ReadRowsInput, context: ToolContext) {
  const { found, page } = await readPage(source, { offset, limit, columns }, context);
  const { rows, truncated } = previewRows(page.rows, { maxRows: limit });
  const count = found.dataset?.rowCount ?? page.rowCount;
  return {
    columns: page.columns.map((column) => column.name),
    types: page.columns.map((column) => column.type),
    rows,
    ...(count === undefined ? {} : { row_count: count }),
    offset,
    truncated,
    ...(page.notes === undefined || page.notes.length === 0 ? {} : { notes: page.notes }),
  };
}

interface Wanted {
  offset: number;
  limit: number;
  columns: string[] | undefined;
}

interface Page {
  columns: Column[];
  rows: JsonValue[][];
  rowCount: number | undefined;
  /** What is wrong with rows of the page. */
  notes?: string[];
}

/** The source and a page of it. */
async function readPage(source: string, wanted: Wanted, context: ToolContext) {
  const web = context.services.files.openWeb(context);
  try {
    const find = () => findSource(source, { ...context.services, web });
    // what the web takes its time to give keeps nobody waiting
    const found = isWebAddress(source) ? await find() : await inTurn(context.signal, find);
    const bySql = () => readBySql(found, wanted, { ...context, web });
    if (!isText(found, wanted.offset)) return { found, page: await bySql() };
    const page = await inTurn(context.signal, () => readText(found, wanted, context)).catch((thrown: unknown) => {
      // lines that are not UTF-8 are read as what they are, or told what is wrong with them
      if (found.format === "jsonl" && thrown instanceof ToolError && thrown.code === "unreadable") return bySql();
      throw thrown;
    });
    return { found, page };
  } finally {
    await web.close();
  }
}

/** A workbook is no text: it is unpacked in a process that can be killed, with limits to its memory. */
function isText({ format, compression, files }: TableSource, offset: number): boolean {
  if (compression === "xlsx") return false;
  return (format === "csv" || format === "jsonl") && files.length === 1 && offset <= maxTextOffset;
}

/**
 * Files are read in the thread that answers everything else: what comes in meanwhile waits for a piece of each of those
 * that are read at the same time.
 */
const reading = openSlots(4);

async function inTurn<Result>(signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
  await reading.take(signal);
  try {
    return await read();
  } finally {
    reading.free();
  }
}

async function readText(source: TableSource, wanted: Wanted, { services, signal }: ToolContext): Promise<Page> {
  const [file] = source.files;
  if (file === undefined) throw new ToolError("not_found", `'${source.name}' has no file`);
  const handle = await services.files.open(file);
  try {
    const text: TextFile = { handle, compression: source.compression, part: file.part, shown: file.shown, signal };
    return source.format === "csv"
      ? await readDelimited(text, wanted, signal).catch((thrown: unknown) => {
          if (!(thrown instanceof ToolError && thrown.code === "unreadable")) throw thrown;
          return readBroken(text, wanted, signal);
        })
      : await readJson(text, { ...wanted, known: source.columns }, signal);
  } finally {
    await handle.close();
  }
}

async function readDelimited(file: TextFile, { offset, limit, columns }: Wanted, signal: AbortSignal): Promise<Page> {
  const table = await openDelimited(file);
  const indices = pick(table.columns, columns);
  const { items, count } = await slice(table.rows, { offset, limit, signal });
  return {
    columns: indices.map((index) => ({ name: table.columns[index] ?? "", type: "VARCHAR" })),
    rows: items.map((row) => indices.map((index) => row[index] ?? null)),
    rowCount: count,
    notes: table.problems().map(({ message }) => message),
  };
}

/** A page of a file whose rows break the rules: nothing is left out, as in SQL. */
async function readBroken(file: TextFile, { offset, limit, columns }: Wanted, signal: AbortSignal): Promise<Page> {
  const table = await openLenient(file);
  const { items, count } = await slice(table.records, { offset, limit, signal });
  const width = table.columns.length;
  const hasExtra = columns?.includes(extraColumn) === true || items.some(({ cells }) => cells.length > width);
  const names = columnNames(hasExtra ? [...table.columns, extraColumn] : table.columns, true);
  const indices = pick(names, columns);
  const cellAt = (cells: readonly string[], index: number) => {
    if (index < width) return cells[index] === "" ? null : (cells[index] ?? null);
    return cells.length > width ? toJson(cells.slice(width)) : null;
  };
  return {
    columns: indices.map((index) => ({ name: names[index] ?? "", type: "VARCHAR" })),
    rows: items.map(({ cells }) => indices.map((index) => cellAt(cells, index))),
    rowCount: count,
    notes: [
      ...table.problems().map(({ message }) => message),
      ...items.flatMap((record) => problemsOf(record, width).map(({ line, message }) => `line ${line} ${message}`)),
    ],
  };
}

async function readJson(
  file: TextFile,
  { offset, limit, columns, known }: Wanted & { known: Column[] | undefined },
  signal: AbortSignal,
): Promise<Page> {
  const { items, count } = await slice(jsonRows(file), { offset, limit, signal });
  const all = known ?? inferColumns(items, columns);
  const missing =
    known === undefined ? (columns ?? []).filter((name) => all.every((column) => column.name !== name)) : [];
  if (missing.length > 0) all.push(...(await findColumns(file, missing, signal)));
  const names = all.map(({ name }) => name);
  const shown = pick(names, columns).flatMap((index) => all[index] ?? []);
  return { columns: shown, rows: items.map((item) => shown.map(({ name }) => cellOf(item, name))), rowCount: count };
}

/** The columns of these names that rows outside a page have; the page has nulls there, as in SQL. */
async function findColumns(file: TextFile, names: readonly string[], signal: AbortSignal): Promise<Column[]> {
  const wanted = new Set(names);
  const found: Column[] = [];
  let row = 0;
  for await (const item of jsonRows(file)) {
    signal.throwIfAborted();
    for (const name of wanted) {
      if (Object.hasOwn(item, name) && wanted.delete(name)) found.push({ name, type: jsonType([cellOf(item, name)]) });
    }
    row += 1;
    if (wanted.size === 0 || row === maxSearchedRows) break;
  }
  return found;
}

/** A name may be that of something every object inherits. */
function cellOf(item: JsonObject, name: string): JsonValue {
  return Object.hasOwn(item, name) ? (item[name] ?? null) : null;
}

/** The positions of the wanted columns. @throws ToolError `invalid_input` for one that is not there */
function pick(columns: readonly string[], wanted: readonly string[] | undefined): number[] {
  if (wanted === undefined) {
    checkWidth(columns);
    return columns.map((_, index) => index);
  }
  return wanted.map((name) => {
    const index = columns.indexOf(name);
    if (index >= 0) return index;
    throw new ToolError(
      "invalid_input",
      `there is no column '${name}'${didYouMean(name, columns)}; the columns are ${columns.slice(0, 40).join(", ")}`,
    );
  });
}

/** What names and types leave of an answer is for rows. */
const maxNameChars = 50_000;

function checkWidth(columns: readonly string[]): void {
  if (toJson(columns).length > maxNameChars) throw tooWide(columns);
}

function tooWide(columns: readonly string[], most = ""): ToolError {
  return new ToolError(
    "too_large",
    `there are ${most}${columns.length} columns, too many for one answer; name those you need in columns: ${columns.slice(0, 20).join(", ")}, …`,
  );
}

/** A part of a sequence, and its length if the end was reached. */
async function slice<Item>(
  items: AsyncIterable<Item>,
  { offset, limit, signal }: { offset: number; limit: number; signal: AbortSignal },
): Promise<{ items: Item[]; count: number | undefined }> {
  const taken: Item[] = [];
  let index = 0;
  for await (const item of items) {
    signal.throwIfAborted();
    if (taken.length === limit) return { items: taken, count: undefined };
    if (index >= offset) taken.push(item);
    index += 1;
  }
  return { items: taken, count: index };
}

/** More of them are looked at only where they are asked for. */
const maxInferred = 20_000;

function inferColumns(items: readonly JsonObject[], wanted: readonly string[] | undefined): Column[] {
  const values = new Map<string, JsonValue[]>();
  const names = new Set(wanted);
  for (const item of items) {
    for (const [name, value] of Object.entries(item)) {
      const known = values.get(name);
      if (known !== undefined) known.push(value);
      else if (values.size < maxInferred || names.has(name)) values.set(name, [value]);
      else if (wanted === undefined) throw tooWide([...values.keys()], "more than ");
    }
  }
  return [...values].map(([name, all]) => ({ name, type: jsonType(all) }));
}

function jsonType(values: readonly JsonValue[]): string {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size !== 1) return kinds.size === 0 ? "VARCHAR" : "JSON";
  if (kinds.has("boolean")) return "BOOLEAN";
  if (kinds.has("string")) return "VARCHAR";
  if (!kinds.has("number")) return "JSON";
  return values.every((value) => value === null || Number.isInteger(value)) ? "BIGINT" : "DOUBLE";
}

async function readBySql(
  { name, format, compression, dataset }: TableSource,
  { offset, limit, columns }: Wanted,
  { services, ...options }: ToolContext & { web: WebFiles },
): Promise<Page> {
  const table = quoteName(name);
  const origin = { tool: "read_rows" };
  // One row more than the page tells whether that ends the sheet.
  const wanted = compression === "xlsx" ? limit + 1 : limit;
  const list = columns?.map(quoteName).join() ?? "*";
  const page = await services.sql.query(
    {
      sql: `select ${list} from ${table} limit ${wanted} offset ${offset}`,
      limit: wanted,
      asText: format === "csv",
      origin,
    },
    options,
  );
  if (compression === "xlsx") return sheetPage(page, { offset, limit });
  if (format !== "parquet" || dataset !== undefined) return { ...page, rowCount: undefined };
  const counted = await services.sql.query({ sql: `select count(*) from ${table}`, limit: 1, origin }, options);
  return { ...page, rowCount: Number(counted.rows[0]?.[0]) };
}

function sheetPage({ columns, rows, problems }: SqlAnswer, { offset, limit }: Pick<Wanted, "offset" | "limit">): Page {
  const isEnd = rows.length > 0 && rows.length <= limit;
  return {
    columns,
    rows: rows.slice(0, limit),
    rowCount: isEnd ? offset + rows.length : undefined,
    notes: problems.map(({ message }) => message),
  };
}
