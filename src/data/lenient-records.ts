import { ToolError } from "../errors.ts";
import { cutText } from "../text.ts";
import type { SourceProblem } from "./sql-wire.ts";

/** A row of a file whose rows do not all keep the rules. */
export interface LenientRecord {
  /** The first of its lines, counted from 1. */
  line: number;
  cells: string[];
  problems: SourceProblem[];
}

export interface LenientOptions {
  delimiter: string;
  /** The number of cells of a row, by the first. */
  width: number;
  /** Lines before the first row. */
  skip: number;
  /** What messages call the file. */
  shown: string;
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
  { delimiter, width, skip, shown }: LenientOptions,
): AsyncGenerator<LenientRecord> {
  const lines = linesOf(withoutMark(chunks), shown);
  for (let line = 0; line < skip; line += 1) await lines.next();
  const waiting: Line[] = [];
  const lineAt = async (index: number): Promise<Line | undefined> => {
    while (waiting.length <= index) {
      const next = await lines.next();
      if (next.done === true) return undefined;
      waiting.push(next.value);
    }
    return waiting[index];
  };
  for (;;) {
    const first = await lineAt(0);
    if (first === undefined) return;
    const { parsed, count } = await parseFrom(lineAt, first, { delimiter, width, shown });
    const taken = waiting.splice(0, count);
    const isBlank = parsed.cells.length === 1 && parsed.cells[0]?.trim() === "";
    if (isBlank && width > 1) continue;
    // a delimiter after the last cell begins no other
    if (parsed.cells.length === width + 1 && parsed.cells.at(-1) === "") parsed.cells.pop();
    const problems = [...taken.flatMap((line) => encodingProblem(line)), ...quoteProblems(first, parsed)];
    yield { line: first.number, cells: parsed.cells, problems };
  }
}

interface Line {
  number: number;
  text: string;
  end: string;
  isUtf8: boolean;
}

interface Parsed {
  cells: string[];
  /** A quote within a quoted cell that neither ends it nor is doubled. */
  hasStray: boolean;
  /** The last quoted cell does not end. */
  isOpen: boolean;
}

interface Attempt {
  parsed: Parsed;
  count: number;
}

/** The row that begins with a line: as many lines as make a row of the right width, or this line by itself. */
async function parseFrom(
  lineAt: (index: number) => Promise<Line | undefined>,
  first: Line,
  { delimiter, width, shown }: Omit<LenientOptions, "skip">,
): Promise<Attempt> {
  let text = first.text;
  const alone = parseRecord(text, delimiter);
  if (!alone.isOpen) return { parsed: alone, count: 1 };
  let rows = 0;
  for (let count = 1, end = first.end; ; count += 1) {
    if (count === maxRecordLines || text.length > maxRecordBytes) {
      // a quote that is open over lines that are rows by themselves was never meant to be one
      if (rows > count / 2) break;
      throw tooLong(shown, first.number);
    }
    const next = await lineAt(count);
    if (next === undefined) break;
    if (parseRecord(next.text, delimiter).cells.length === width) rows += 1;
    text += `${end}${next.text}`;
    end = next.end;
    // only a line with a quote can close the cell
    if (!next.text.includes('"')) continue;
    const parsed = parseRecord(text, delimiter);
    if (!parsed.isOpen && parsed.cells.length === width && !parsed.hasStray) return { parsed, count: count + 1 };
    if (!parsed.isOpen) break;
  }
  return { parsed: { ...alone, cells: parseLiterally(first.text, delimiter), isOpen: true }, count: 1 };
}

/** One row, as RFC 4180 has it where it can be. */
function parseRecord(text: string, delimiter: string): Parsed {
  const parsed: Parsed = { cells: [], hasStray: false, isOpen: false };
  for (let at = 0; at <= text.length;) {
    const quote = openingQuote(text, at);
    if (quote < 0) {
      const end = endOfPlain(text, at, delimiter);
      parsed.cells.push(text.slice(at, end));
      at = end + delimiter.length;
      continue;
    }
    const quoted = parseQuoted(text, quote, delimiter);
    parsed.cells.push(quoted.cell);
    parsed.hasStray ||= quoted.hasStray;
    parsed.isOpen = quoted.isOpen;
    at = quoted.end + delimiter.length;
  }
  return parsed;
}

/** Where a quoted cell begins: at once, or after one blank, as DuckDB has it; -1 for another cell. */
function openingQuote(text: string, at: number): number {
  if (text[at] === '"') return at;
  return text[at] === " " && text[at + 1] === '"' ? at + 1 : -1;
}

function endOfPlain(text: string, at: number, delimiter: string): number {
  const end = text.indexOf(delimiter, at);
  return end < 0 ? text.length : end;
}

interface Quoted {
  cell: string;
  /** Where the delimiter or the end of the row is. */
  end: number;
  hasStray: boolean;
  isOpen: boolean;
}

function parseQuoted(text: string, start: number, delimiter: string): Quoted {
  let cell = "";
  let hasStray = false;
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cell: cell + text.slice(at), end: text.length, hasStray, isOpen: true };
    const after = quote + 1;
    let end = after;
    while (text[end] === " ") end += 1;
    if (end === text.length || text.startsWith(delimiter, end)) {
      return { cell: cell + text.slice(at, quote), end, hasStray, isOpen: false };
    }
    if (text[after] !== '"') hasStray = true;
    cell += text.slice(at, after);
    at = text[after] === '"' ? after + 1 : after;
  }
}

/** The cells of a line in which a quote is opened for nothing: from there on quotes are characters. */
function parseLiterally(text: string, delimiter: string): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= text.length;) {
    const quote = openingQuote(text, at);
    const quoted = quote >= 0 ? parseQuoted(text, quote, delimiter) : undefined;
    if (quoted !== undefined && !quoted.isOpen) {
      cells.push(quoted.cell);
      at = quoted.end + delimiter.length;
      continue;
    }
    const end = endOfPlain(text, at, delimiter);
    cells.push(text.slice(at, end));
    at = end + delimiter.length;
  }
  return cells;
}

function quoteProblems({ number, text }: Line, { hasStray, isOpen }: Parsed): SourceProblem[] {
  const shown = JSON.stringify(cutText(text, 80));
  if (isOpen)
    return [
      {
        line: number,
        code: "unterminated_quote",
        message: `opens a quote that is never closed, kept as a character: ${shown}`,
      },
    ];
  return hasStray
    ? [
        {
          line: number,
          code: "stray_quote",
          message: `has a quote inside a quoted cell that is not doubled, kept as a character: ${shown}`,
        },
      ]
    : [];
}

function encodingProblem({ number, text, isUtf8 }: Line): SourceProblem[] {
  if (isUtf8) return [];
  const shown = JSON.stringify(cutText(text, 80));
  return [{ line: number, code: "not_utf8", message: `is not UTF-8, read as Windows-1252: ${shown}` }];
}

/** Without the mark of the byte order. */
async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const hasMark = isFirst && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    yield hasMark ? chunk.subarray(3) : chunk;
    isFirst = false;
  }
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Lines that end in any of the three ways. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>, shown: string): AsyncGenerator<Line> {
  let number = 1;
  let pending: Buffer = Buffer.alloc(0);
  const take = (bytes: Buffer, end: string): Line => {
    if (bytes.length > maxRecordBytes) throw tooLong(shown, number);
    return { number: number++, ...decode(bytes), end };
  };
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    let start = 0;
    for (let at = endOfLine(pending, 0); at >= 0 && at < pending.length - 1; at = endOfLine(pending, start)) {
      const isPair = pending[at] === carriageReturn && pending[at + 1] === newline;
      yield take(pending.subarray(start, at), isPair ? "\r\n" : String.fromCharCode(pending[at] ?? newline));
      start = at + (isPair ? 2 : 1);
    }
    pending = pending.subarray(start);
    if (pending.length > 2 * maxRecordBytes) throw tooLong(shown, number);
  }
  const isEnded = pending.at(-1) === newline || pending.at(-1) === carriageReturn;
  if (pending.length > 0) yield take(isEnded ? pending.subarray(0, -1) : pending, "");
}

function endOfLine(bytes: Buffer, from: number): number {
  const feed = bytes.indexOf(newline, from);
  const carriage = bytes.subarray(from, feed < 0 ? bytes.length : feed).indexOf(carriageReturn);
  return carriage < 0 ? feed : from + carriage;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const western = new TextDecoder("windows-1252");

function decode(bytes: Buffer): Pick<Line, "text" | "isUtf8"> {
  try {
    return { text: utf8.decode(bytes), isUtf8: true };
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    return { text: western.decode(bytes), isUtf8: false };
  }
}

function tooLong(shown: string, line: number): ToolError {
  return new ToolError(
    "too_large",
    `line ${line} of '${shown}' is longer than 2 MB; shorten it, or make rows of it if the file is no table of lines`,
  );
}
