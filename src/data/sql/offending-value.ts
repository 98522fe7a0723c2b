import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import { columnsOf, type FailedRun } from "./failed-run.ts";
import { quoteName } from "../sql-text.ts";
import type { OpenSource } from "./open-sources.ts";
import { fileState, openRegularFile } from "../open-file.ts";
import { openLenient, type TextFile } from "../text/text-rows.ts";

export interface OffendingValue {
  column: string;
  value: string;
  /** E.g. `line 3 of 'sales.csv'`; where lines cannot be told, `row 2 of …`. */
  place: string;
}

/** Whether a column's value, as an expression over it, is one that the statement failed on. */
export type Condition = (column: string) => string;

/** Rows further down than this are not looked up line by line. */
const maxCountedRows = 1_000_000;

/** The first value of text columns of the given names that meets a condition. Undefined where there is none. */
export async function findOffending(
  run: FailedRun,
  names: readonly string[],
  condition: Condition,
): Promise<OffendingValue | undefined> {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (const { source, columns } of await columnsOf(run)) {
    for (const { name, type } of columns) {
      if (type !== "VARCHAR" || !wanted.has(name.toLowerCase())) continue;
      const column = quoteName(name);
      const rows = `SELECT row_number() OVER () AS row, ${column} AS value FROM ${quoteName(source.source.name)}`;
      const found = await run.connection.runAndReadAll(
        `SELECT row, value FROM (${rows}) WHERE ${condition("value")} LIMIT 1`,
      );
      const [row, value] = found.getRows()[0] ?? [];
      if (row === undefined || value === undefined) continue;
      const cell = {
        column: name,
        value: String(value),
        row: Number(row),
        index: columns.findIndex((other) => other.name === name),
      };
      return { column: name, value: cell.value, place: await placeOf(source, cell) };
    }
  }
  return undefined;
}

interface Cell {
  column: string;
  value: string;
  /** Counted from 1, over all files of the source. */
  row: number;
  index: number;
}

async function placeOf(source: OpenSource, cell: Cell): Promise<string> {
  const line = cell.row > maxCountedRows ? undefined : await lineOf(source, cell);
  const name = cutText(source.source.name, 200);
  return line === undefined ? `row ${cell.row} of '${name}'` : `line ${line} of '${name}'`;
}

/** The line on which a row of a delimited file begins, only where it surely is that row's. */
async function lineOf(source: OpenSource, { value, row, index }: Cell): Promise<number | undefined> {
  const text = await openText(source);
  if (text === undefined) return undefined;
  try {
    const { records } = await openLenient(text);
    let count = 0;
    for await (const { line, cells, problems } of records) {
      count += 1;
      if (problems.length > 0) return undefined;
      if (count === row) return cells[index] === value ? line : undefined;
    }
    return undefined;
  } finally {
    await text.handle.close();
  }
}

/**
 * The one file of a source as it was found, whatever copy of it is read. Undefined where there are several, where it has
 * no lines, and where it is not what it was.
 */
async function openText({ source }: OpenSource): Promise<TextFile | undefined> {
  const { format, compression, files } = source;
  const [file] = files;
  if (file === undefined || files.length > 1 || format !== "csv" || compression === "xlsx") return undefined;
  const { path, part, shown, state } = file;
  const handle = await openRegularFile(path, `'${shown}'`).catch((thrown: unknown) => {
    if (thrown instanceof ToolError) return undefined;
    throw thrown;
  });
  if (handle === undefined) return undefined;
  if ((await fileState(handle)) === state) return { handle, compression, part, shown };
  await handle.close();
  return undefined;
}
