/** A row of delimited text, as RFC 4180 has it where it can be. */
export interface ParsedRow {
  cells: string[];
  /** A quote within a quoted cell that neither ends it nor is doubled. */
  hasStray: boolean;
  /** The last quoted cell does not end. */
  isOpen: boolean;
  /** It does, but text follows the quote that ends it. */
  goesOn: boolean;
}

/** The cells of one line. */
export function parseLine(text: string, delimiter: string): ParsedRow {
  const parsed: ParsedRow = { cells: [], hasStray: false, isOpen: false, goesOn: false };
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
    parsed.goesOn = quoted.isOpen && quoted.hasStray;
    at = quoted.end + delimiter.length;
  }
  return parsed;
}

/** The cells of a line in which a quote is opened for nothing: from there on quotes are characters. */
export function parseLiterally(text: string, delimiter: string): string[] {
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

/**
 * Where a row ends that goes on over several lines, given where it begins: at the line end, or the end of the text,
 * after the quote that closes it.
 *
 * @returns `never` where the row would break a rule or have more cells; `unknown` where the text ends before it does
 */
export function endOfRow(
  text: string,
  start: number,
  { delimiter, width }: { delimiter: string; width: number },
): number | "never" | "unknown" {
  let cells = 0;
  for (let at = start; ;) {
    const quote = openingQuote(text, at);
    let end = quote < 0 ? endOfPlainInLine(text, at, delimiter) : endOfQuoted(text, quote, delimiter);
    if (typeof end !== "number") return end;
    cells += 1;
    if (!text.startsWith(delimiter, end)) return cells === width ? end : "never";
    end += delimiter.length;
    if (cells >= width) return "never";
    at = end;
  }
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

function endOfPlainInLine(text: string, at: number, delimiter: string): number {
  let end = at;
  while (end < text.length && !isLineEnd(text, end) && !text.startsWith(delimiter, end)) end += 1;
  return end;
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || text[at] === "\r";
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
    const end = afterBlanks(text, after);
    if (end === text.length || text.startsWith(delimiter, end)) {
      return { cell: cell + text.slice(at, quote), end, hasStray, isOpen: false };
    }
    if (text[after] !== '"') hasStray = true;
    cell += text.slice(at, after);
    at = text[after] === '"' ? after + 1 : after;
  }
}

function endOfQuoted(text: string, start: number, delimiter: string): number | "never" | "unknown" {
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return "unknown";
    const after = quote + 1;
    const end = afterBlanks(text, after);
    if (end === text.length || isLineEnd(text, end) || text.startsWith(delimiter, end)) return end;
    if (text[after] !== '"') return "never";
    at = after + 1;
  }
}

function afterBlanks(text: string, from: number): number {
  let end = from;
  while (text[end] === " ") end += 1;
  return end;
}
