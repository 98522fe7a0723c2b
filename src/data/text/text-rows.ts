import type { FileHandle } from "node:fs/promises";
import { TextDecoder } from "node:util";
import Papa from "papaparse";
import { ToolError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../message.ts";
import { cutText, toJson } from "../../text/text.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import type { SheetFindings } from "../workbook/workbook.ts";
import { paddingProblem, readBytes, readStart, type Packed } from "./byte-stream.ts";
import { canBeWrong, type Encoding } from "../../text/encodings.ts";
import { numberKind } from "../json/json-numbers.ts";
import { kinds } from "../json/json-shape.ts";
import { isZeros, lenientRecords, type LenientRecord } from "./lenient-records.ts";
import { headBytes, sniffDialect, type Dialect } from "./dialect.ts";
import { newlineOf, quoteStorm } from "./parse-rows.ts";

export interface TextFile extends Packed {
  handle: FileHandle;
}

export interface DelimitedTable {
  columns: string[];
  /** Lines above the table that are none of its rows, and cells of a sheet that hold errors: more while it is read. */
  problems: () => SourceProblem[];
  /** Cells as they are written, nulls for empty ones. */
  rows: AsyncIterable<(string | null)[]>;
}

/** A row or line longer than this is refused: an open quote could make one of the whole file. */
const maxRowChars = 4 * 1024 * 1024;

/**
 * Read delimited text row by row, no further than the caller goes.
 *
 * @throws ToolError `unreadable` as `sniffDialect`, and, while reading, for a row of the wrong length or an open quote
 */
export async function openDelimited(file: TextFile): Promise<DelimitedTable> {
  const dialect = await dialectOf(file);
  const { columns } = dialect;
  const findings = openFindings(file.shown);
  const rows = delimitedRows({ ...file, ...findings.listeners }, dialect);
  return { columns, problems: () => [...dialect.problems, ...findings.problems()], rows };
}

async function dialectOf(file: TextFile): Promise<Dialect> {
  let sheet: SheetFindings | undefined;
  const onSheet = (found: SheetFindings) => void (sheet = found);
  const start = await readStart(file.handle, { ...file, onSheet, maxBytes: headBytes });
  return sniffDialect({ shown: file.shown, ...start, isSheet: sheet !== undefined, isSampled: false });
}

/** What is found out about a file while it is read. */
function openFindings(shown: string) {
  let sheet: SheetFindings | undefined;
  let isPadded = false;
  return {
    listeners: {
      onSheet: (found: SheetFindings) => void (sheet = found),
      onPadding: () => void (isPadded = true),
    },
    problems: () => [...(sheet?.problems ?? []), ...(isPadded ? [paddingProblem(shown)] : [])],
  };
}

export interface LenientTable {
  columns: string[];
  problems: () => SourceProblem[];
  records: AsyncIterable<LenientRecord>;
}

/**
 * Read delimited text whose rows break the rules, as `lenientRecords` does, without the row of names.
 *
 * @throws ToolError `unreadable` as `sniffDialect`, `too_large`
 */
export async function openLenient(file: TextFile): Promise<LenientTable> {
  const { handle, shown } = file;
  const { columns, delimiter, encoding, header, skip, ...dialect } = await dialectOf(file);
  const findings = openFindings(shown);
  const problems = () => [...dialect.problems, ...findings.problems()];
  const bytes = readBytes(handle, { ...file, ...findings.listeners });
  const chunks = encoding === "utf-8" ? bytes : inUtf8(bytes, encoding);
  const { onPadding } = findings.listeners;
  const records = lenientRecords(chunks, { delimiter, width: columns.length, skip, header, shown, onPadding });
  return { columns, problems, records };
}

async function* inUtf8(chunks: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: canBeWrong(encoding) });
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

/** Read JSON lines: one object a line. Numbers with more digits than a number keeps are text. */
export async function* jsonRows(file: TextFile): AsyncGenerator<JsonObject> {
  const { handle, shown } = file;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 0;
  let pending = "";
  for await (const chunk of decoded(readBytes(handle, file), decoder, shown)) {
    const lines = `${pending}${chunk}`.split("\n");
    pending = lines.pop() ?? "";
    checkLength(pending, shown, line + 1);
    for (const text of lines) {
      line += 1;
      if (text.trim() !== "") yield parseLine(text, shown, line);
    }
  }
  if (pending.trim() !== "") yield parseLine(pending, shown, line + 1);
}

async function* delimitedRows(file: TextFile, dialect: Dialect): AsyncGenerator<(string | null)[]> {
  const { handle, shown } = file;
  const { columns, delimiter, encoding, header, skip } = dialect;
  const fatal = canBeWrong(encoding);
  const decoder = new TextDecoder(encoding, { fatal });
  let parser: Papa.Parser | undefined;
  let newline: ReturnType<typeof newlineOf> = "\n";
  let pending = "";
  let row = 0;
  let blanks = 0;

  function* take(complete: boolean): Generator<(string | null)[]> {
    if (parser === undefined) {
      // the first line end may go on with what is read next
      if (!complete && pending.search(lineEnd) === pending.length - 1 && pending.endsWith("\r")) return;
      const start = endOfLines(pending, skip);
      if (start === undefined && !complete) return;
      // so may the last one that is left out
      if (!complete && start === pending.length && pending.endsWith("\r")) return;
      pending = pending.slice(start);
      newline = newlineOf(pending);
      parser = new Papa.Parser({ delimiter, newline });
    }
    if (quoteStorm(pending, { delimiter, newline }) < pending.length) throw badQuote(row, shown);
    const { data, errors, meta } = parser.parse(pending, 0, !complete) as Papa.ParseResult<string[]>;
    pending = pending.slice(meta.cursor);
    const bad = errors[0]?.row;
    for (const [index, cells] of data.entries()) {
      if (index === bad) throw badQuote(row, shown);
      if (cells.length === 1 && cells[0]?.trim() === "") {
        // In a table of one column a blank line is an empty cell, unless nothing follows it.
        if (columns.length === 1 && row > 0) blanks += 1;
        continue;
      }
      for (; blanks > 0; blanks--, row++) yield [null];
      if (row > 0 || !header) yield checkedRow(cells, columns.length, { shown, row });
      row += 1;
    }
    if (errors[0]?.code === "InvalidQuotes") throw badQuote(row, shown);
    checkLength(pending, shown, row);
  }

  for await (const text of decoded(readBytes(handle, file), decoder, shown)) {
    pending += text;
    if (pending.includes("\n") || pending.includes("\r")) yield* take(false);
    else checkLength(pending, shown, row);
  }
  yield* take(true);
}

const lineEnd = /[\r\n]/;

function badQuote(row: number, shown: string): ToolError {
  return new ToolError(
    "unreadable",
    `row ${row} of '${shown}' has a quote in the wrong place or one that never ends; mend it`,
  );
}

/** Where so many lines end; undefined for a text that has fewer. */
function endOfLines(text: string, count: number): number | undefined {
  return new RegExp(`^(?:[^\\r\\n]*(?:\\r\\n|\\n|\\r(?!\\n))){${count}}`).exec(text)?.[0].length;
}

async function* decoded(
  chunks: AsyncIterable<Uint8Array>,
  decoder: TextDecoder,
  shown: string,
): AsyncGenerator<string> {
  try {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    throw new ToolError(
      "unreadable",
      `'${shown}' is not ${decoder.encoding} all the way; convert it, e.g. iconv -f WINDOWS-1252 -t UTF-8`,
      { cause: thrown },
    );
  }
}

function checkedRow(
  cells: readonly string[],
  length: number,
  { shown, row }: { shown: string; row: number },
): (string | null)[] {
  if (cells.length !== length) {
    const text = JSON.stringify(cutText(cells.join(" "), 120));
    throw new ToolError(
      "unreadable",
      `row ${row} of '${shown}' has ${cells.length} fields where ${length} are expected: ${text}; mend it`,
    );
  }
  if (length === 1 && cells.every(isZeros))
    throw new ToolError("unreadable", `row ${row} of '${shown}' holds nothing but zeros; remove them`);
  if (cells.some((cell) => cell.startsWith(' "')))
    throw new ToolError("unreadable", `row ${row} of '${shown}' has a quote after a blank; remove the blank`);
  if (cells.at(-1)?.endsWith("\r")) {
    throw new ToolError(
      "unreadable",
      `row ${row} of '${shown}' ends its line in another way than the first; convert it, e.g. with dos2unix`,
    );
  }
  return cells.map((cell) => (cell === "" ? null : cell));
}

function checkLength(pending: string, shown: string, row: number): void {
  if (pending.length <= maxRowChars) return;
  throw new ToolError(
    "unreadable",
    `row ${row} of '${shown}' is longer than ${maxRowChars / 1024 ** 2} MB; a quote may be left open, or it is no table of lines`,
  );
}

function parseLine(text: string, shown: string, line: number): JsonObject {
  try {
    const value = (longNumber.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text)) as JsonValue;
    // Half a surrogate pair is JSON, but no text: few readers of the answer would take it.
    const whole = /\\ud/i.test(text) ? (JSON.parse(toJson(value)) as JsonValue) : value;
    return isJsonObject(whole) ? whole : { json: whole };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw new ToolError("unreadable", `line ${line} of '${shown}' is not JSON: ${cutText(text, 120)}`, {
      cause: thrown,
    });
  }
}

/** Looking at each value takes many times as long as parsing; shorter numbers are exact. */
const longNumber = /[\d.]{16}|\de[+-]?\d{3}/i;

const inexact = kinds.long | kinds.huge | kinds.giant | kinds.inexact;

/** Keeps as text the digits that a JavaScript number does not. */
function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const { source } = context ?? {};
  return typeof value === "number" && source !== undefined && (numberKind(source) & inexact) !== 0 ? source : value;
}
