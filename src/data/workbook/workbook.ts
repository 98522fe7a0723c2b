import type { FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { cutText } from "../../text.ts";
import { inferType } from "../text/column-types.ts";
import { sheetRows, type SheetCell, type SheetRow } from "./sheet-rows.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import { readDateStyles, readSharedTexts, readSheets } from "./workbook-parts.ts";
import { listed, openZip, type Zip } from "../packed/zip.ts";

/** A sheet as delimited text in UTF-8, and what is known of it by as much of the text as has been read. */
export interface SheetText {
  text: AsyncGenerator<Uint8Array>;
  found: SheetFindings;
}

export interface SheetFindings {
  sheet: string;
  /** Columns with texts that look like numbers or dates, and are none: below the first row, and in it. */
  texts: Set<number>;
  firstTexts: Set<number>;
  problems: SourceProblem[];
  /** The row of the sheet that a line of the text is from. */
  rowOf(line: number): number;
}

export interface SheetChoice {
  /** The first one with cells where none is named. */
  sheet: string | undefined;
  /** What messages call the workbook. */
  shown: string;
}

/** Rows that decide how wide the table is. */
const firstRows = 500;
const blockChars = 128 * 1024;

/**
 * Read a sheet of a workbook from its first cell on, without rows that are empty.
 *
 * @throws ToolError while reading: `not_found` for a sheet that is not there, `unreadable`, `too_large`
 */
export function readWorkbook(handle: FileHandle, choice: SheetChoice): SheetText {
  const lines = openLineMap();
  const found: SheetFindings = {
    sheet: choice.sheet ?? "",
    texts: new Set(),
    firstTexts: new Set(),
    problems: [],
    rowOf: lines.rowOf,
  };
  return { text: sheetText(handle, choice, { found, lines }), found };
}

interface Notes {
  found: SheetFindings;
  lines: LineMap;
}

async function* sheetText(handle: FileHandle, choice: SheetChoice, notes: Notes): AsyncGenerator<Uint8Array> {
  const zip = await openZip(handle, choice.shown);
  let rows: AsyncGenerator<SheetRow[]> | undefined;
  try {
    rows = await openSheet(zip, choice, notes.found);
    const first: SheetRow[] = [];
    for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
      first.push(...next.value);
      if (first.length >= firstRows) break;
    }
    const writer = openLines({ ...extentOf(first), shown: choice.shown }, notes);
    yield* inBlocks(chained(first, rows), writer.toLine);
    writer.finish();
  } finally {
    await rows?.return(undefined);
  }
}

async function* inBlocks(
  rows: AsyncIterable<SheetRow[]>,
  toLine: (row: SheetRow) => string,
): AsyncGenerator<Uint8Array> {
  let block = "";
  for await (const some of rows) {
    for (const row of some) {
      block += toLine(row);
      if (block.length < blockChars) continue;
      yield Buffer.from(block);
      block = "";
    }
  }
  yield Buffer.from(block);
}

async function* chained(first: SheetRow[], others: AsyncIterable<SheetRow[]>): AsyncGenerator<SheetRow[]> {
  yield first;
  yield* others;
}

/** Where the columns of a table begin, and how many there are. */
function extentOf(rows: readonly SheetRow[]): { start: number; width: number } {
  let start = Infinity;
  let end = 0;
  for (const { cells } of rows) {
    for (const { column } of cells) {
      start = Math.min(start, column);
      end = Math.max(end, column);
    }
  }
  return { start, width: end - start + 1 };
}

/** The rows of the wanted sheet; there is at least one. */
async function openSheet(
  zip: Zip,
  { sheet: wanted, shown }: SheetChoice,
  found: SheetFindings,
): Promise<AsyncGenerator<SheetRow[]>> {
  const { sheets, is1904 } = await readSheets(zip, shown);
  const names = sheets.map(({ name }) => name);
  const chosen = wanted === undefined ? sheets : sheets.filter(({ name }) => isSame(name, wanted));
  if (wanted !== undefined && chosen.length === 0)
    throw new ToolError(
      "not_found",
      `'${shown}' has no sheet '${cutText(wanted, 100)}'${didYouMean(wanted, names)}; its sheets are ${listed(names)}`,
    );
  const options = { texts: await readSharedTexts(zip, shown), styles: await readDateStyles(zip, shown), is1904, shown };
  for (const { name, path } of chosen) {
    const rows = sheetRows(zip.read(path), options);
    const first = await rows.next();
    if (first.done === true) continue;
    found.sheet = name;
    return chained(first.value, rows);
  }
  throw new ToolError(
    "unreadable",
    `'${shown}' has no cells ${wanted === undefined ? "in any sheet" : `in '${wanted}'`}`,
  );
}

function isSame(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

const maxProblems = 100;

interface LineOptions {
  start: number;
  width: number;
  shown: string;
}

function openLines({ start, width, shown }: LineOptions, { found, lines }: Notes) {
  let isFirst = true;
  let errorCount = 0;
  let last = 0;
  const put = (values: string[], { column, value, kind }: SheetCell, row: number) => {
    const index = column - start;
    if (index < 0) throw leftOf(row, start, shown);
    while (values.length < index) values.push("");
    if (kind === "error") {
      errorCount += 1;
      if (errorCount <= maxProblems) found.problems.push(errorProblem(row, value, shown));
      return;
    }
    const texts = isFirst ? found.firstTexts : found.texts;
    if (kind === "text" && !texts.has(index) && inferType([value]) !== "VARCHAR") texts.add(index);
    values[index] = /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return {
    toLine(row: SheetRow): string {
      const values: string[] = Array.from({ length: width }, () => "");
      for (const cell of row.cells) put(values, cell, row.number);
      isFirst = false;
      last = row.number;
      const line = values.length === 1 && values[0] === "" ? '""' : values.join();
      lines.add(row.number, line);
      return `${line}\n`;
    },
    finish() {
      if (errorCount <= maxProblems) return;
      const message = `'${shown}' has ${errorCount - maxProblems} more problems: cells that hold errors`;
      found.problems.push({ line: last, code: "more", message });
    },
  };
}

function leftOf(row: number, start: number, shown: string): ToolError {
  return new ToolError(
    "unreadable",
    `row ${row} of '${shown}' has a cell to the left of the table, which begins in column ${start + 1}; move it`,
  );
}

function errorProblem(row: number, value: string, shown: string): SourceProblem {
  return {
    line: row,
    code: "cell_error",
    message: `row ${row} of '${shown}' holds the error ${cutText(value, 40)}, read as null`,
  };
}

type LineMap = ReturnType<typeof openLineMap>;

/** Which row each line is from: kept only where it is not the one after the line before. */
function openLineMap() {
  const starts: number[] = [];
  const shifts: number[] = [];
  let line = 1;
  return {
    add(row: number, text: string) {
      if (shifts.at(-1) !== row - line) {
        starts.push(line);
        shifts.push(row - line);
      }
      line += 1 + (/[\r\n]/.test(text) ? (text.match(/\r\n|\n|\r/g)?.length ?? 0) : 0);
    },
    rowOf(wanted: number): number {
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= wanted) low = middle + 1;
        else high = middle;
      }
      return wanted + (shifts[low - 1] ?? 0);
    },
  };
}
