import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import type { Shape } from "./json-shape.ts";
import { incomplete, JsonScanner, Malformed, type Editing } from "./json-scanner.ts";

/** How the rows of a file follow each other: each on its line, in one list, or in any other way. */
export type Layout = "lines" | "array" | "loose";

export interface JsonForm {
  layout: Layout;
  /** It begins with a byte order mark. */
  isMarked: boolean;
}

export interface JsonReading {
  shown: string;
  /** Each row is on its line: one that goes on on the next is broken. */
  isLines: boolean;
  /** What is found is noted here. */
  root: Shape;
  editing?: Editing;
  /** Is given rows, with no line ends in them, once they have been read. */
  onRows?: (rows: readonly Uint8Array[]) => Promise<void>;
}

/** DuckDB takes no value that is longer. */
export const maxRowBytes = 16 * 1024 * 1024;

/**
 * Read all of a JSON file and note what its values are.
 *
 * @throws ToolError `unreadable`, naming the line; `too_large`
 */
export async function readJson(chunks: AsyncIterable<Uint8Array>, reading: JsonReading): Promise<JsonForm> {
  const walk = new Walk(reading);
  for await (const chunk of chunks) {
    walk.take(chunk, false);
    await reading.onRows?.(walk.takenRows.splice(0));
  }
  walk.take(new Uint8Array(), true);
  await reading.onRows?.(walk.takenRows.splice(0));
  return { layout: walk.layout, isMarked: walk.isMarked };
}

const newline = 0x0a;
const [openBracket, closeBracket, comma] = [0x5b, 0x5d, 0x2c];

class Walk {
  layout: Layout = "lines";
  isMarked = false;
  readonly takenRows: Uint8Array[] = [];
  private readonly reading: JsonReading;
  private readonly scanner: JsonScanner;
  private pending: Buffer = Buffer.alloc(0);
  private pendingBytes = 0;
  private readonly waiting: Uint8Array[] = [];
  /** So much is wanted before a row that was not whole is tried again. */
  private wantedBytes = 0;
  /** The line of the first byte that is pending. */
  private line = 1;
  private state: "start" | "rows" | "afterRow" | "done" = "start";
  private rows = 0;

  constructor(reading: JsonReading) {
    this.reading = reading;
    const place = () => `line ${this.lineAt(this.scanner.at)} of '${reading.shown}'`;
    this.scanner = new JsonScanner(place, reading.editing);
  }

  take(chunk: Uint8Array, isLast: boolean): void {
    this.waiting.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.pendingBytes < this.wantedBytes && !isLast) return;
    const bytes = Buffer.allocUnsafe(this.pendingBytes + 1);
    let length = this.pending.copy(bytes);
    for (const part of this.waiting.splice(0)) {
      bytes.set(part, length);
      length += part.length;
    }
    bytes[length] = 0;
    this.scanner.bytes = bytes;
    this.scanner.end = length;
    const done = this.walk(bytes, length, isLast);
    this.pending = bytes.subarray(done, length);
    this.pendingBytes = length - done;
    this.wantedBytes = this.pendingBytes * 2;
    this.line += this.scanner.newlines;
  }

  /** @returns where the first row begins that is not whole */
  private walk(bytes: Buffer, length: number, isLast: boolean): number {
    const { scanner } = this;
    let done = 0;
    scanner.at = 0;
    scanner.newlines = 0;
    if (this.state === "start" && length === 0 && !isLast) return 0;
    if (this.state === "start") {
      if (length < 3 && !isLast) return 0;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
        this.isMarked = true;
        scanner.at = 3;
      }
    }
    let ended = 0;
    try {
      for (;;) {
        const byte = scanner.skipBlanks();
        [done, ended] = [scanner.at, scanner.newlines];
        if (this.isRow(byte, bytes)) this.row(bytes);
        [done, ended] = [scanner.at, scanner.newlines];
      }
    } catch (thrown) {
      if (thrown instanceof Malformed) throw this.malformed(thrown, bytes, done);
      if (thrown !== incomplete) throw thrown;
    }
    const isRest = scanner.at > done || done < length;
    if (isLast) this.finish(bytes, done, length);
    if (isRest && length - done > maxRowBytes) throw this.tooLong();
    scanner.newlines = ended;
    return done;
  }

  /** Whether a row begins here; else what is here is gone past. */
  private isRow(byte: number, bytes: Buffer): boolean {
    const { scanner } = this;
    if (this.state === "start") {
      this.state = "rows";
      if (byte === openBracket && !this.reading.isLines && !isListOfLine(bytes, scanner.at)) {
        this.layout = "array";
        scanner.at += 1;
        return false;
      }
    }
    if (this.state === "done") throw new Malformed(scanner.at, "something follows the list");
    if (this.layout !== "array") return true;
    if (byte === closeBracket) this.state = "done";
    else if (byte === comma && this.state === "afterRow") this.state = "rows";
    else if (this.state === "afterRow") throw new Malformed(scanner.at, "a comma was expected between two rows");
    else return true;
    scanner.at += 1;
    return false;
  }

  private row(bytes: Buffer): void {
    const { scanner, reading } = this;
    const [start, newlines] = [scanner.at, scanner.newlines];
    scanner.edits = [];
    scanner.value(reading.root, 0);
    this.rows += 1;
    if (scanner.newlines > newlines && this.layout === "lines") {
      if (reading.isLines) throw new Malformed(start, "a row goes on on the next line");
      this.layout = "loose";
    }
    this.state = "afterRow";
    if (this.layout === "lines" && !isLineEnd(bytes, scanner)) this.layout = "loose";
    if (scanner.at - start > maxRowBytes) throw this.tooLong();
    if (reading.onRows !== undefined) this.takenRows.push(editedRow(bytes, start, scanner));
  }

  private finish(bytes: Buffer, done: number, length: number): void {
    if (this.layout === "array" && this.state !== "done")
      throw new ToolError(
        "unreadable",
        `'${this.reading.shown}' is a JSON list that ends before its closing bracket; it may have been cut off`,
      );
    if (
      bytes
        .toString("latin1", done, length)
        .replace(/^\xEF\xBB\xBF/, "")
        .trim() !== ""
    )
      throw this.malformed(new Malformed(length, "the file ends inside a value"), bytes, done);
  }

  /** A broken row is told by the line that it begins on, where rows are lines. */
  private malformed({ position, message }: Malformed, bytes: Buffer, row: number): ToolError {
    const isLine = this.reading.isLines || (this.layout === "lines" && this.rows > 0);
    const at = isLine ? row : position;
    const begin = isLine ? row : bytes.lastIndexOf(newline, Math.max(0, position - 1)) + 1;
    const text = bytes.toString("utf8", begin, Math.min(begin + 500, this.scanner.end)).split("\n", 1)[0] ?? "";
    return new ToolError(
      "unreadable",
      `line ${this.lineAt(at)} of '${this.reading.shown}' is not JSON, ${message}: ${cutText(text.trim(), 120)}; mend that line`,
    );
  }

  private lineAt(position: number): number {
    const { bytes } = this.scanner;
    let line = this.line;
    for (let at = bytes.indexOf(newline); at >= 0 && at < position; at = bytes.indexOf(newline, at + 1)) line += 1;
    return line;
  }

  private tooLong(): ToolError {
    const { shown } = this.reading;
    const message = `'${shown}' holds a value on line ${this.line} that is longer than ${maxRowBytes / 1024 ** 2} MB; split it into rows, one a line`;
    return new ToolError("too_large", message);
  }
}

/** Whether a list is one of several, each on its line. */
function isListOfLine(bytes: Buffer, at: number): boolean {
  const end = bytes.indexOf(newline, at);
  const next = end < 0 ? "" : bytes.toString("latin1", end, end + 100).trimStart();
  if (!next.startsWith("[")) return false;
  try {
    return Array.isArray(JSON.parse(bytes.toString("utf8", at, end)));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}

/** Whether nothing but blanks follows a row on its line. */
function isLineEnd(bytes: Buffer, { at, end }: JsonScanner): boolean {
  for (let next = at; next < end; next++) {
    const byte = bytes[next] ?? 0;
    if (byte === newline) return true;
    if (byte > 0x20) return false;
  }
  return true;
}

function editedRow(bytes: Buffer, start: number, { at, edits, newlines }: JsonScanner): Uint8Array {
  const parts: Uint8Array[] = [];
  let done = start;
  for (const edit of edits) {
    parts.push(bytes.subarray(done, edit.at), Buffer.from(edit.text));
    done = edit.end;
  }
  parts.push(bytes.subarray(done, at));
  const row = Buffer.concat(parts);
  // line ends are nowhere but between values
  if (newlines > 0) for (const [index, byte] of row.entries()) if (byte === newline) row[index] = 0x20;
  return row;
}
