import type { FileHandle } from "node:fs/promises";
import { cutText } from "../../text/text.ts";
import { openZip } from "../packed/zip.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import { openSheet, type ChosenSheet, type SheetChoice } from "./choose-sheet.ts";
import { columnsOfTable, gapProblems } from "./sheet-columns.ts";
import { openLineMap, openLines, type SheetNotes } from "./sheet-lines.ts";
import type { SheetRow } from "./sheet-rows.ts";
import { titlesAbove } from "./sheet-titles.ts";

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

/** Rows that decide how wide the table is and where it begins, unless they hold very many cells. */
const firstRows = 500;
const firstCells = 200_000;
const blockChars = 128 * 1024;

/**
 * Read a sheet of a workbook from its first cell on, without rows that are empty and titles above the table.
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

async function* sheetText(handle: FileHandle, choice: SheetChoice, notes: SheetNotes): AsyncGenerator<Uint8Array> {
  const { shown } = choice;
  const { found } = notes;
  const zip = await openZip(handle, shown);
  const { name, rows, problems, isProvisional } = await openSheet(zip, choice);
  found.sheet = name;
  try {
    const first = await firstOf(rows);
    const titles = first.splice(0, titlesAbove(first));
    const columns = columnsOfTable(first);
    const writer = openLines({ columns, shown, isProvisional }, notes);
    yield* inBlocks(chained(first, rows), writer.toLine);
    writer.finish();
    found.problems.unshift(
      ...problems,
      ...titles.map((row) => titleProblem(row, shown)),
      ...gapProblems(columns, shown),
    );
  } finally {
    await rows.return(undefined);
  }
}

async function firstOf(rows: ChosenSheet["rows"]): Promise<SheetRow[]> {
  const first: SheetRow[] = [];
  let cellCount = 0;
  for (let next = await rows.next(); next.done !== true; next = await rows.next()) {
    for (const row of next.value) {
      first.push(row);
      cellCount += row.cells.length;
    }
    if (first.length >= firstRows || cellCount >= firstCells) break;
  }
  return first;
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

function titleProblem({ number, cells }: SheetRow, shown: string): SourceProblem {
  const text = JSON.stringify(cutText(cells.map(({ value }) => value).join(" "), 80));
  const message = `row ${number} of '${shown}' stands above the table and is no row of it: ${text}`;
  return { line: number, code: "skipped_line", message };
}
