import Papa from "papaparse";
import { ToolError } from "../errors.ts";
import { guessLegacyEncoding, type Encoding } from "./encodings.ts";
import { columnNames, hasHeader } from "./header.ts";

/** How the text of a delimited file becomes rows. Fields are quoted with `"`, which is doubled inside them. */
export interface Dialect {
  encoding: Encoding;
  delimiter: string;
  /** Blank lines before the first row. */
  skip: number;
  header: boolean;
  /** Unique, never empty. */
  columns: string[];
  /** The rows of the head, without the header. */
  sample: string[][];
}

export interface Head {
  /** What messages call the file. */
  shown: string;
  /** Its first bytes, decompressed. */
  bytes: Uint8Array;
  /** Whether they are the whole file. */
  complete: boolean;
}

/** Enough for the dialect; a row longer than this is refused. */
export const headBytes = 256 * 1024;

const delimiters = [",", "\t", ";", "|"];
const maxSampleRows = 2_000;

/**
 * Find the dialect of a delimited text file in its head.
 *
 * @throws ToolError `unreadable` for an empty file, a binary file and an encoding that cannot be told
 */
export function sniffDialect(head: Head): Dialect {
  const encoding = sniffEncoding(head);
  const text = new TextDecoder(encoding).decode(head.bytes, { stream: !head.complete });
  if (text.trim() === "")
    throw new ToolError(
      "unreadable",
      `'${head.shown}' holds no text, only blanks; write it again, or name another file`,
    );
  const named = /\.(tsv|tab)(\.\w+)?$/i.test(head.shown) ? "\t" : /\.psv(\.\w+)?$/i.test(head.shown) ? "|" : undefined;
  const delimiter = sniffDelimiter(text, head.complete, named);
  const rows = parseRows(text, delimiter, head.complete, maxSampleRows);
  const [first, ...rest] = rows;
  if (first === undefined) {
    throw new ToolError(
      "unreadable",
      `'${head.shown}' has no line end or an open quote in its first ${headBytes / 1024} KB; it is no table of lines`,
    );
  }
  const header = hasHeader(first, rest);
  const blank = /^(?:[^\S\r\n]*(?:\r\n|\n|\r))+/.exec(text)?.[0] ?? "";
  const skip = blank.match(/\r\n|\n|\r/g)?.length ?? 0;
  return { encoding, delimiter, skip, header, columns: columnNames(first, header), sample: header ? rest : rows };
}

/** The rows of a text, blank lines left out, and its last row too where the text may go on after it. */
export function parseRows(text: string, delimiter: string, complete: boolean, maxRows: number): string[][] {
  const parser = new Papa.Parser({ delimiter, newline: newlineOf(text), preview: maxRows === Infinity ? 0 : maxRows });
  const { data } = parser.parse(text, 0, !complete) as { data: string[][] };
  return data.filter((row) => row.length > 1 || row[0]?.trim() !== "");
}

/** The line end of a text, by its first one. */
export function newlineOf(text: string): "\n" | "\r\n" | "\r" {
  const at = text.indexOf("\n");
  if (at < 0) return text.includes("\r") ? "\r" : "\n";
  return text[at - 1] === "\r" ? "\r\n" : "\n";
}

/** The delimiter that cuts nearly every row into the same number of fields, or at least half of them, and into the most. */
function sniffDelimiter(text: string, complete: boolean, named: string | undefined): string {
  if (named !== undefined) return named;
  const cuts = delimiters.map((delimiter) => {
    const counts = parseRows(text, delimiter, complete, 200).map((row) => row.length);
    const fields = mostCommon(counts);
    return { delimiter, fields, share: counts.filter((count) => count === fields).length / counts.length };
  });
  for (const leastShare of [0.9, 0.5]) {
    const [best] = cuts
      .filter(({ fields, share }) => fields > 1 && share >= leastShare)
      .toSorted((a, b) => b.fields - a.fields);
    if (best !== undefined) return best.delimiter;
  }
  return ",";
}

function mostCommon(counts: readonly number[]): number {
  const tally = new Map<number, number>();
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1);
  return [...tally].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 1;
}

function sniffEncoding({ shown, bytes, complete }: Head): Encoding {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const nulls = countNulls(bytes);
  if (nulls.odd > bytes.length / 8 && nulls.even === 0) return "utf-16le";
  if (nulls.even > bytes.length / 8 && nulls.odd === 0) return "utf-16be";
  if (nulls.odd + nulls.even > 0 || countControls(bytes) > bytes.length / 100) {
    throw new ToolError("unreadable", `'${shown}' is a binary file, not text; save its table as CSV, JSON or Parquet`);
  }
  if (isUtf8(bytes, complete)) return "utf-8";
  const guessed = guessLegacyEncoding(bytes, complete);
  if (guessed !== undefined) return guessed;
  throw new ToolError(
    "unreadable",
    `'${shown}' is text in an encoding that cannot be told; convert it to UTF-8 first, e.g. iconv -f ISO-8859-7 -t UTF-8`,
  );
}

function countNulls(bytes: Uint8Array): { even: number; odd: number } {
  const nulls = { even: 0, odd: 0 };
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, at + 1)) nulls[at % 2 === 0 ? "even" : "odd"] += 1;
  return nulls;
}

function countControls(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b)) count += 1;
  return count;
}

function isUtf8(bytes: Uint8Array, complete: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !complete });
    return true;
  } catch (thrown) {
    if (thrown instanceof TypeError) return false;
    throw thrown;
  }
}
