import { cutText } from "../../text/text.ts";
import { hasHeader, headerRows, isDataLike, standsOut } from "./header.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";

/** What stands above the first row of a table. */
export interface Preamble {
  lines: number;
  chars: number;
  problems: SourceProblem[];
}

export const noPreamble: Preamble = { lines: 0, chars: 0, problems: [] };

const maxLines = 30;
const lineEnd = /\r\n|\n|\r/g;

export interface PreambleOptions {
  delimiter: string;
  /** The usual number of cells of a row. */
  fields: number;
  shown: string;
  /** The first rows of a text, by the delimiter. */
  parse: (text: string, maxRows: number) => string[][];
}

/**
 * Lines above a table that are none of its rows: blank ones, comments, titles of one cell above a row of names, lines
 * narrower than a table that clearly begins below, and the `sep=;` of spreadsheets. Where it is not sure that they are,
 * they stay rows.
 */
export function preambleOf(text: string, options: PreambleOptions): Preamble {
  const found = titlesOf(text, options);
  return found.lines > 0 ? found : narrowLinesOf(text, options);
}

function titlesOf(text: string, { delimiter, fields, shown }: PreambleOptions): Preamble {
  const found: Preamble = { lines: 0, chars: 0, problems: [] };
  const sure: Preamble = { lines: 0, chars: 0, problems: [] };
  let isAfterBlank = false;
  for (const { line, end } of linesOf(text)) {
    const cells = line.split(delimiter);
    const isBlank = line.trim() === "";
    const isComment = line.startsWith("#") && (cells.length !== fields || found.problems.length > 0);
    const isSeparator = found.lines === 0 && /^"?sep=.[^\s"]{0,3}"?\s*$/i.test(line);
    if (!isBlank && !isComment && !isSeparator) {
      if (!isTitle(cells, fields)) return isNames(cells, fields, isAfterBlank) ? found : sure;
    }
    found.lines += 1;
    found.chars = end;
    if (!isBlank && !isSeparator) found.problems.push(problemOf(found.lines, line, shown));
    if (isComment || isSeparator || (isBlank && sure.lines === found.lines - 1))
      Object.assign(sure, { lines: found.lines, chars: found.chars, problems: [...found.problems] });
    isAfterBlank = isBlank;
  }
  return sure;
}

/**
 * What banks write above a table: lines of a name and a value. They are narrower than the table, and below them a row of
 * names stands out from rows as wide as itself.
 */
function narrowLinesOf(text: string, { delimiter, fields: usualFields, shown, parse }: PreambleOptions): Preamble {
  const found: Preamble = { lines: 0, chars: 0, problems: [] };
  // a short table may have fewer rows than there are lines above it
  const fields = Math.max(usualFields, parse(text, 2 * maxLines).at(-1)?.length ?? 0);
  if (fields < leastWidth) return noPreamble;
  const above: string[][] = [];
  for (const { line, end } of linesOf(text)) {
    const [cells = []] = parse(line, 1);
    if (cells.length >= fields) {
      if (found.problems.length === 0 || cells.length > fields) return noPreamble;
      const below = parse(text.slice(end), headerRows);
      const isTable = below.length > 0 && below.filter((row) => row.length === fields).length >= below.length * usual;
      return isTable && !isNumbered(above) && areNames(cells) && standsOut(cells, below) ? found : noPreamble;
    }
    if (line.includes('"') && !isClosed(line)) return noPreamble;
    found.lines += 1;
    found.chars = end;
    if (line.replaceAll(/["\s]/g, "").replaceAll(delimiter, "") === "") continue;
    above.push(cells);
    found.problems.push(problemOf(found.lines, line, shown));
  }
  return noPreamble;
}

const leastWidth = 3;
/** Of the rows below a row of names, so many are as wide. */
const usual = 0.8;

/** Whether lines are a table of their own: a name above nothing but numbers. */
function isNumbered([names = [], ...rows]: readonly string[][]): boolean {
  if (rows.length < 2) return false;
  return names.some((name, column) => !isDataLike(name) && rows.every((row) => /^[+-]?\d+$/.test(row[column] ?? "")));
}

/** A delimiter may follow the last name. */
function areNames(cells: readonly string[]): boolean {
  const names = cells.at(-1) === "" ? cells.slice(0, -1) : cells;
  return names.every((name) => name.trim() !== "" && !isDataLike(name));
}

/** Whether no cell of a line goes on in the next one. */
function isClosed(line: string): boolean {
  return line.replaceAll(/[^"]/g, "").length % 2 === 0;
}

function* linesOf(text: string): Generator<{ line: string; end: number }> {
  let start = 0;
  let count = 0;
  for (const match of text.matchAll(lineEnd)) {
    const end = match.index + match[0].length;
    yield { line: text.slice(start, match.index), end };
    start = end;
    count += 1;
    if (count === maxLines) return;
  }
}

/** One cell that is no number, date or quoted text, in a table of several columns. */
function isTitle(cells: readonly string[], fields: number): boolean {
  const [first = "", ...others] = cells;
  return fields > 1 && !first.includes('"') && !isDataLike(first) && others.every((cell) => cell.trim() === "");
}

/** Whether a row below a title is the names of the columns. Two columns are not many: there the title stands apart. */
function isNames(cells: readonly string[], fields: number, isAfterBlank: boolean): boolean {
  const isWhole = cells.length === fields && cells.every((cell) => cell.trim() !== "");
  return isWhole && (fields > 2 || isAfterBlank) && hasHeader(cells, []);
}

function problemOf(line: number, text: string, shown: string): SourceProblem {
  const message = `line ${line} of '${shown}' stands above the table and is no row of it: ${JSON.stringify(cutText(text, 80))}`;
  return { line, code: "skipped_line", message };
}
