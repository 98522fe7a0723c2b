import { isUtf8 as isWholeUtf8 } from "node:buffer";
import { ToolError } from "../../errors.ts";
import { guessLegacyEncoding, type Encoding } from "../../text/encodings.ts";
import { isControlled, isUtf32, knownBinary, markedUtf16, seemingUtf16, withoutPadding } from "./binary.ts";
import { encodingDoubts } from "./doubtful-encoding.ts";
import { columnNames, hasHeader, headerRows, nul } from "./header.ts";
import { parseBeginning, parseRows, type ParsedRows } from "./parse-rows.ts";
import { noPreamble, preambleOf } from "./preamble.ts";
import { renamedColumns } from "./renamed-columns.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";

/** How the text of a delimited file becomes rows. Fields are quoted with `"`, which is doubled inside them. */
export interface Dialect {
  encoding: Encoding;
  delimiter: string;
  /** Lines before the first row: blank ones, and what `problems` tells of. */
  skip: number;
  /** Lines above the table that are none of its rows. */
  problems: SourceProblem[];
  header: boolean;
  /** Unique, never empty. */
  columns: string[];
  /** The rows of the head, without the header. */
  sample: string[][];
  /** The sample is every row of the file, and each is well-formed. */
  isWhole: boolean;
}

export interface Head {
  /** What messages call the file. */
  shown: string;
  /** Its first bytes, decompressed. */
  bytes: Uint8Array;
  /** Whether they are the whole file. */
  complete: boolean;
  /** The text of a sheet: delimited by commas, and nothing stands above its rows. */
  isSheet?: boolean;
  /** Whether there is a use for a large sample. What else is found does not depend on it. Default true. */
  isSampled?: boolean;
}

/** Enough for the dialect; a row longer than this is refused. */
export const headBytes = 256 * 1024;

const delimiters = [",", "\t", ";", "|"];
/** Only where every row has the same number of cells by them. */
const rareDelimiters = ["^", "~", "\u0001", "\u001f", "::", "@@", "##"];
/** Written twice, or with a mark between, they are delimiters too. Twice a comma is an empty cell. */
const doubledDelimiters = ["|", "^", "~"];
/** Of a file that is seen whole, all rows may be known at small cost. */
const maxWholeRows = 2_000;
const maxSampleRows = 1_000;

/**
 * Find the dialect of a delimited text file in its head.
 * @throws ToolError `unreadable` for an empty file, a binary file and an encoding that cannot be told
 */
export function sniffDialect(head: Head): Dialect {
  const encoding = sniffEncoding(head);
  const bytes = encoding === "utf-8" && head.complete ? withoutPadding(head.bytes) : head.bytes;
  const text = new TextDecoder(encoding).decode(bytes, { stream: !head.complete });
  if (text.trim() === "")
    throw new ToolError(
      "unreadable",
      `'${head.shown}' holds no text, only blanks; write it again, or name another file`,
    );
  const { delimiter, fields, others } = sniffDelimiter(text, head);
  const { lines, chars, problems } =
    head.isSheet === true
      ? noPreamble
      : preambleOf(text, {
          delimiter,
          fields,
          shown: head.shown,
          parse: (part, maxRows) => parseRows(part, delimiter, true, maxRows),
        });
  const { rows, isWhole } = sampleOf(text.slice(chars), delimiter, head);
  const [first, ...rest] = rows;
  if (first === undefined && !/["\r\n]/.test(text)) {
    throw new ToolError(
      "too_large",
      `line 1 of '${head.shown}' is longer than ${headBytes / 1024} KB: it has too many columns, or is no table of lines`,
    );
  }
  if (first === undefined) {
    throw new ToolError(
      "unreadable",
      `'${head.shown}' has no line end or an open quote in its first ${headBytes / 1024} KB; it is no table of lines`,
    );
  }
  const header = hasHeader(first, rest);
  const columns = columnNames(first, header);
  const found = [
    ...encodingDoubts(encoding, text, head.shown),
    ...others.map((other) => delimiterDoubt(delimiter, other, head)),
    ...problems,
    ...(header && first.some((name) => name.includes(nul)) ? [nulProblem(lines + 1, head)] : []),
    ...(header ? renamedColumns({ first, columns, line: lines + 1 }, head) : []),
  ];
  return { encoding, delimiter, skip: lines, problems: found, header, columns, sample: header ? rest : rows, isWhole };
}

function nulProblem(line: number, { shown, isSheet = false }: Head): SourceProblem {
  const message = `a name of a column of '${shown}' holds a NUL character, which is left out`;
  return { line: isSheet ? 0 : line, code: "nul_in_name", message };
}

function delimiterDoubt(delimiter: string, other: string, { shown }: Head): SourceProblem {
  const [taken, left] = [JSON.stringify(delimiter), JSON.stringify(other)];
  const message = `'${shown}' is read as delimited by ${taken}, and ${left} would cut all its rows alike too; if that is what delimits them, write sep= and ${left} as a line above them`;
  return { line: 0, code: "doubtful_delimiter", message };
}

/** At least the rows that tell whether there is a header. */
function sampleOf(text: string, delimiter: string, { complete, isSampled = true }: Head): ParsedRows {
  if (!isSampled) {
    const few = parseBeginning(text, delimiter, complete, 2 * headerRows);
    // of those that are parsed, blank ones are left out
    if (few.rows.length > headerRows) return few;
  }
  return parseBeginning(text, delimiter, complete, complete ? maxWholeRows : maxSampleRows);
}

/** Blank lines and comments at the start of a text. */
const comments = /^(?:[^\S\r\n]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))+/;

interface Cut {
  /** Other delimiters that cut every row alike, with as much right. */
  others: string[];
  delimiter: string;
  /** The usual number of cells of a row. */
  fields: number;
  /** The share of rows that have so many. */
  share: number;
  /** The first row has so many too. */
  isAgreed: boolean;
  rows: readonly string[][];
}

/**
 * The delimiter that cuts nearly every row into the same number of fields, or at least half of them. One that cuts the
 * first row alike goes before one that does not, and then the one that cuts into the most.
 */
function sniffDelimiter(text: string, { shown, complete, isSheet = false }: Head): Cut {
  const body = text.replace(comments, "") || text;
  const cutBy = (by: string) => cutOf(by, parseRows(body, by, complete, 200));
  const cut = (by: string) => wholeDelimiter(cutBy(by), cutBy);
  const named = isSheet ? "," : delimiterNamed(text, shown);
  if (named !== undefined) return cut(named);
  const all = delimiters.map(cut);
  const cuts = all.filter((one) => one.delimiter !== "," || !all.some(hasDecimalCommas));
  const rare = rareDelimiters.filter((one) => text.includes(one)).map(cut);
  for (const [candidates, leastShare] of [[cuts, usualShare] as const, [rare, 1] as const, [cuts, 0.5] as const]) {
    const [best] = candidates
      .filter(({ fields, share }) => fields > 1 && share >= leastShare)
      .toSorted((a, b) => Number(b.isAgreed) - Number(a.isAgreed) || b.fields - a.fields);
    if (best !== undefined) return { ...best, others: othersOf(best, [...all, ...rare]) };
  }
  return cut(",");
}

/** The cut by a delimiter such as `||` or `|~|`, where what it is made of never stands alone. */
function wholeDelimiter(single: Cut, cut: (by: string) => Cut): Cut {
  const { delimiter, fields, rows } = single;
  const between = rows[0]?.[1] ?? "";
  if (fields < 3 || !doubledDelimiters.includes(delimiter) || !/^[~^@#]?$/.test(between)) return single;
  if (!rows.every((row) => row.every((cell, index) => index % 2 === 0 || cell === between))) return single;
  const whole = cut(`${delimiter}${between}${delimiter}`);
  return whole.isAgreed && whole.fields > 1 ? whole : single;
}

/** Commas that are those of numbers by one delimiter may be delimiters as well. */
function othersOf(best: Cut, cuts: readonly Cut[]): string[] {
  return cuts
    .filter(({ delimiter, fields, share, isAgreed }) => {
      const isAsGood = fields === best.fields || (delimiter === "," && fields > 1);
      return delimiter !== best.delimiter && share === 1 && isAgreed && isAsGood;
    })
    .map(({ delimiter }) => delimiter);
}

const usualShare = 0.9;

function cutOf(delimiter: string, rows: readonly string[][]): Cut {
  const counts = rows.map((row) => row.length);
  const fields = mostCommon(counts);
  const share = counts.filter((count) => count === fields).length / counts.length;
  return { delimiter, fields, share, isAgreed: counts[0] === fields, rows, others: [] };
}

/** Of a trimmed cell. */
const decimalComma = /^[+-]?\d[\d.]*,\d+\s*%?$/;

/** Whether another delimiter cuts every row alike, and all commas are then those of numbers: they cut nothing. */
function hasDecimalCommas({ delimiter, fields, share, isAgreed, rows }: Cut): boolean {
  if (delimiter === "," || fields < 2 || share < usualShare || !isAgreed) return false;
  const cells = rows.flatMap((row) => row.filter((cell) => cell.includes(",")));
  return cells.length > 0 && cells.every((cell) => decimalComma.test(cell.trim()));
}

/** The delimiter that a file's name tells, or its first line as spreadsheets write it. */
function delimiterNamed(text: string, shown: string): string | undefined {
  if (/\.(tsv|tab)(\.\w+)?$/i.test(shown)) return "\t";
  if (/\.psv(\.\w+)?$/i.test(shown)) return "|";
  return /^"?sep=([^\r\n\w"][^\s\w"]{0,3})"?[^\S\r\n]*[\r\n]/i.exec(text)?.[1];
}

function mostCommon(counts: readonly number[]): number {
  const tally = new Map<number, number>();
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1);
  return [...tally].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 1;
}

/** @throws ToolError `unreadable` for a binary file, and for an encoding that cannot be told */
export function sniffEncoding({ shown, bytes, complete }: Head): Encoding {
  if (isUtf32(bytes))
    throw new ToolError("unreadable", `'${shown}' is text in UTF-32; convert it to UTF-8: iconv -f UTF-32 -t UTF-8`);
  const marked = markedUtf16(bytes);
  if (marked !== undefined) return marked;
  const known = knownBinary(bytes);
  const wide = known === undefined ? seemingUtf16(bytes, complete) : undefined;
  if (wide !== undefined) return wide;
  const kind = known ?? (isControlled(bytes) ? "a binary file" : undefined);
  if (kind !== undefined)
    throw new ToolError("unreadable", `'${shown}' is ${kind}, not text; save its table as CSV, JSON or Parquet`);
  if (isUtf8(bytes, complete) || isMostlyUtf8(bytes)) return "utf-8";
  const guessed = guessLegacyEncoding(bytes, complete);
  if (guessed !== undefined) return guessed;
  if (isMostlyUtf8(bytes, leastShare)) return "utf-8";
  throw new ToolError(
    "unreadable",
    `'${shown}' is text in an encoding that cannot be told; convert it to UTF-8 first: iconv -f ENCODING -t UTF-8, with the encoding of the program that wrote it`,
  );
}

/** Of the lines with letters beyond ASCII, where they are in no other encoding that is known: text hardly is UTF-8 by chance. */
const leastShare = 0.2;

/** Whether more than a share of the lines with letters beyond ASCII are UTF-8: the others are told one by one as they are read. */
function isMostlyUtf8(bytes: Uint8Array, share = 0.5): boolean {
  const counts = { right: 0, wrong: 0 };
  for (let start = 0, end = 0; start < bytes.length; start = end + 1) {
    end = bytes.indexOf(0x0a, start);
    if (end < 0) end = bytes.length;
    const line = bytes.subarray(start, end);
    if (line.some((byte) => byte >= 0x80)) counts[isUtf8(line, true) ? "right" : "wrong"] += 1;
  }
  return counts.right > share * (counts.right + counts.wrong);
}

/** Whether bytes are UTF-8; those that are not complete may end within a character. */
function isUtf8(bytes: Uint8Array, complete: boolean): boolean {
  if (isWholeUtf8(bytes)) return true;
  if (complete) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (thrown) {
    if (thrown instanceof TypeError) return false;
    throw thrown;
  }
}
