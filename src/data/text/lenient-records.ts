import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import { endOfRow, parseLine, parseLiterally, type ParsedRow } from "./lenient-cells.ts";
import { lineStarts, openLineCursor, type LineCursor } from "./line-cursor.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import { textBlocks } from "./text-blocks.ts";

/** A row of a file whose rows do not all keep the rules. */
export interface LenientRecord {
  /** The first of its lines, counted from 1. */
  line: number;
  readonly cells: readonly string[];
  /** The number of its cells. */
  count: number;
  problems: readonly SourceProblem[];
  /** The row as it is written, where it has so many cells as it should and no quotes. */
  plain: string | undefined;
}

export interface LenientOptions {
  delimiter: string;
  /** The number of cells of a row. */
  width: number;
  /** Lines before the first row. */
  skip: number;
  /** The first row is left out. */
  header: boolean;
  /** What messages call the file. */
  shown: string;
  /** Is told that zeros follow the last row, which are none. */
  onPadding: () => void;
}

/** DuckDB's limit for a row; a longer one cannot be read afterwards. */
const maxRecordBytes = 2_000_000;
/** A quoted cell may go on over so many lines. */
const maxRecordLines = 1_000;

/**
 * Read delimited text whose rows do not all keep the rules, and say of each what is wrong. No row is left out and no
 * cell is changed: what cannot be a quote is a character, and a quote that is not closed within reach opens nothing.
 *
 * @param chunks UTF-8; a line that is none is read as Windows-1252
 * @throws ToolError `too_large` for a line of more than 2 MB
 */
export async function* lenientRecords(
  chunks: AsyncIterable<Uint8Array>,
  options: LenientOptions,
): AsyncGenerator<LenientRecord> {
  for await (const batch of lenientBatches(chunks, options)) yield* batch;
}

/** As `lenientRecords`, many at once: to wait for each takes longer than to read it. */
export async function* lenientBatches(
  chunks: AsyncIterable<Uint8Array>,
  options: LenientOptions,
): AsyncGenerator<LenientRecord[]> {
  const reader = openReader(options);
  const limits = { maxLineBytes: maxRecordBytes, tooLong: () => tooLong(options.shown, reader.lineAfter()) };
  let isFirst = options.header;
  for await (const block of textBlocks(chunks, limits)) {
    reader.add(block);
    const batch: LenientRecord[] = [];
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      if (!isFirst) batch.push(record);
      isFirst = false;
    }
    yield batch;
  }
}

/** Cuts rows off the start of a text that grows at its end. */
function openReader({ delimiter, width, skip, shown, onPadding }: LenientOptions) {
  const cursor = openLineCursor(delimiter);

  /** The row that begins here: as many lines as make one of the right width, or this line by itself. */
  function take(): LenientRecord | undefined {
    const { text, at } = cursor;
    const end = cursor.endOfLine();
    const single = text.slice(at, end);
    if (isLong(single)) throw tooLong(shown, cursor.line);
    if (!cursor.hasQuoteBefore(end)) return takePlain(cursor, { single, end, delimiter, width });
    const alone = parseLine(single, delimiter);
    if (!alone.isOpen) return takeQuoted(cursor, end, alone, width);
    const found = endOfRow(text, at, { delimiter, width });
    if (found !== "never" && isBeyond(cursor, found === "unknown" ? text.length : found)) checkOpenQuote();
    else if (found === "unknown" && !cursor.isWhole) return undefined;
    else if (typeof found === "number")
      return takeQuoted(cursor, found, parseLine(text.slice(at, found), delimiter), width);
    return takeQuoted(cursor, end, { ...alone, cells: parseLiterally(single, delimiter) }, width);
  }

  /** A quote that is open over lines that are rows by themselves was never meant to be one. @throws ToolError */
  function checkOpenQuote(): void {
    const { text, at, line } = cursor;
    const starts = lineStarts(text, { start: at, end: at + maxRecordBytes, most: maxRecordLines });
    const others = starts.slice(1).map((next, index) => text.slice(starts[index], next).replace(/[\r\n]+$/, ""));
    const rows = others.filter((other) => parseLine(other, delimiter).cells.length === width).length;
    if (rows <= others.length / 2) throw tooLong(shown, line);
  }

  return {
    add: cursor.add,
    /** The next row; undefined where it takes more of the text to tell it, and at its end. */
    next(): LenientRecord | undefined {
      while (cursor.line <= skip && cursor.at < cursor.text.length) cursor.advance(cursor.endOfLine());
      while (cursor.at < cursor.text.length) {
        const record = take();
        if (record === undefined) return record;
        const isLast = cursor.isWhole && cursor.at >= cursor.text.length;
        if (isLast && isPadding(record)) onPadding();
        else if (width === 1 || !isBlank(record)) return record;
      }
      return undefined;
    },
    /** The number of the line with which the next block will begin. */
    lineAfter: () =>
      cursor.line + lineStarts(cursor.text, { start: cursor.at, end: Infinity, most: maxRecordLines }).length,
  };
}

/** Zeros to which a program made a file longer, and did not write then. */
function isPadding({ count, cells }: LenientRecord): boolean {
  return count === 1 && isZeros(cells[0] ?? "");
}

export function isZeros(cell: string): boolean {
  return /^\0+$/.test(cell);
}

function isBlank(record: LenientRecord): boolean {
  return record.count === 1 && record.cells[0]?.trim() === "";
}

interface PlainLine {
  single: string;
  end: number;
  delimiter: string;
  width: number;
}

function takePlain(cursor: LineCursor, { single, end, delimiter, width }: PlainLine): LenientRecord {
  const { line } = cursor;
  const count = cursor.delimitersBefore(end) + 1;
  const problems = takeLines(cursor, end);
  if (count !== width) return { line, problems, plain: undefined, ...withoutLast(single.split(delimiter), width) };
  return new PlainRecord({ line, problems, count, plain: single }, delimiter);
}

/** Cuts its cells when they are asked for: a copy of the file is made of whole rows. */
class PlainRecord implements LenientRecord {
  readonly line: number;
  readonly problems: readonly SourceProblem[];
  readonly count: number;
  readonly plain: string;
  readonly #delimiter: string;

  constructor(
    row: { line: number; problems: readonly SourceProblem[]; count: number; plain: string },
    delimiter: string,
  ) {
    this.line = row.line;
    this.problems = row.problems;
    this.count = row.count;
    this.plain = row.plain;
    this.#delimiter = delimiter;
  }

  get cells(): string[] {
    return this.plain.split(this.#delimiter);
  }
}

/** Take the lines up to an end as a row. */
function takeQuoted(cursor: LineCursor, end: number, parsed: ParsedRow, width: number): LenientRecord {
  const { line, text, at } = cursor;
  const first = text.slice(at, cursor.endOfLine());
  const problems = [...takeLines(cursor, end), ...quoteProblems(line, first, parsed)];
  return { line, problems, plain: undefined, ...withoutLast(parsed.cells, width) };
}

/** A delimiter after the last cell begins no other. */
function withoutLast(cells: string[], width: number): Pick<LenientRecord, "cells" | "count"> {
  const kept = cells.length === width + 1 && cells.at(-1) === "" ? cells.slice(0, width) : cells;
  return { cells: kept, count: kept.length };
}

/** Go on after the line that ends there. Gives what is wrong with the bytes up to it. */
function takeLines(cursor: LineCursor, end: number): SourceProblem[] {
  const problems: SourceProblem[] = [];
  do {
    const { text, at, line } = cursor;
    const lineEnd = cursor.endOfLine();
    if (cursor.isWrong()) problems.push(encodingProblem(line, text.slice(at, lineEnd)));
    cursor.advance(lineEnd);
  } while (cursor.at < end);
  return problems;
}

/** Whether a row from here to an end would be too long. */
function isBeyond({ text, at }: LineCursor, end: number): boolean {
  return (
    end - at > maxRecordBytes || lineStarts(text, { start: at, end, most: maxRecordLines }).length === maxRecordLines
  );
}

/** A character takes at most three bytes for each of its units. */
function isLong(text: string): boolean {
  return text.length * 3 > maxRecordBytes && Buffer.byteLength(text) > maxRecordBytes;
}

function quoteProblems(line: number, text: string, { hasStray, isOpen, goesOn }: ParsedRow): SourceProblem[] {
  if (!isOpen && !hasStray) return [];
  const shown = JSON.stringify(cutText(text, 80));
  if (goesOn) {
    const message = `has text after the quote that closes a cell, so its quotes are kept as characters: ${shown}`;
    return [{ line, code: "stray_quote", message }];
  }
  if (isOpen) {
    const message = `opens a quote that is never closed, kept as a character: ${shown}`;
    return [{ line, code: "unterminated_quote", message }];
  }
  const message = `has a quote inside a quoted cell that is not doubled, kept as a character: ${shown}`;
  return [{ line, code: "stray_quote", message }];
}

function encodingProblem(line: number, text: string): SourceProblem {
  const shown = JSON.stringify(cutText(text, 80));
  return { line, code: "not_utf8", message: `is not UTF-8, read as Windows-1252: ${shown}` };
}

function tooLong(shown: string, line: number): ToolError {
  return new ToolError(
    "too_large",
    `line ${line} of '${shown}' is longer than 2 MB; shorten it, or make rows of it if the file is no table of lines`,
  );
}
