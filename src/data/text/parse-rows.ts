import Papa from "papaparse";

/** The rows of a text, blank lines left out, and its last row too where the text may go on after it. */
export function parseRows(text: string, delimiter: string, complete: boolean, maxRows: number): string[][] {
  return parseBeginning(text, delimiter, complete, maxRows).rows;
}

export interface ParsedRows {
  rows: string[][];
  /** They are all of the text, and well-formed. */
  isWhole: boolean;
}

export function parseBeginning(text: string, delimiter: string, complete: boolean, maxRows: number): ParsedRows {
  const newline = newlineOf(text);
  const parser = new Papa.Parser({ delimiter, newline, preview: maxRows === Infinity ? 0 : maxRows });
  // the parser would split all of a text without quotes before it counts
  const needed = text.includes('"') ? beforeStorm(text, delimiter, newline) : beginningOf(text, newline, maxRows + 2);
  const { data, errors } = parser.parse(needed, 0, !complete) as Papa.ParseResult<string[]>;
  const isWhole = complete && needed === text && data.length < maxRows && errors.length === 0;
  return { rows: data.filter((row) => row.length > 1 || row[0]?.trim() !== ""), isWhole };
}

/** The lines before a cell of too many quotes. */
function beforeStorm(text: string, delimiter: string, newline: string): string {
  const storm = quoteStorm(text, { delimiter, newline });
  return storm === text.length ? text : text.slice(0, text.lastIndexOf(newline, storm) + newline.length);
}

function beginningOf(text: string, newline: string, maxLines: number): string {
  if (maxLines === Infinity) return text;
  let end = 0;
  for (let lines = 0; lines < maxLines; lines += 1) {
    const at = text.indexOf(newline, end);
    if (at < 0) return text;
    end = at + newline.length;
  }
  return text.slice(0, end);
}

/** The line end of a text, by its first one. */
export function newlineOf(text: string): "\n" | "\r\n" | "\r" {
  const at = text.indexOf("\n");
  if (at < 0) return text.includes("\r") ? "\r" : "\n";
  return text[at - 1] === "\r" ? "\r\n" : "\n";
}

/** So many quotes of one cell cost papaparse a moment; the time grows with their square. */
const maxQuotes = 1_000;

/** Where a text has more quotes in one cell than papaparse can go through in time; its length where it has not. */
export function quoteStorm(text: string, { delimiter, newline }: { delimiter: string; newline: string }): number {
  const nextDelimiter = openSearch(text, delimiter);
  const nextNewline = openSearch(text, newline);
  let count = 0;
  let cellStart = 0;
  let cellEnd = -1;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (at > cellEnd) {
      cellStart = at;
      cellEnd = Math.min(nextDelimiter(at), nextNewline(at));
      count = 0;
    }
    count += 1;
    if (count > maxQuotes) return cellStart;
  }
  return text.length;
}

/** Where a part comes next after a place that only grows; the end of the text where it does not. */
function openSearch(text: string, part: string): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found >= from) return found;
    found = text.indexOf(part, from);
    if (found < 0) found = text.length;
    return found;
  };
}
