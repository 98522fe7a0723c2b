/** How rows are written. */
export interface RowForm {
  delimiter: string;
  newline: string;
}

export interface StrictRows {
  rows: string[][];
  /** The index of the first row with a quote that neither ends its cell nor is doubled, or that never ends. */
  bad: number | undefined;
  /** Where the rows end that are given. */
  end: number;
}

/**
 * The rows of a text, as RFC 4180 has them; blanks may follow the quote that ends a cell. Takes time in proportion to
 * the text, whatever it holds.
 *
 * @param isWhole the text ends here; else its last row is left out
 * @param maxRows no more than so many
 */
export function strictRows(
  text: string,
  { delimiter, newline }: RowForm,
  { isWhole, maxRows = Infinity }: { isWhole: boolean; maxRows?: number },
): StrictRows {
  const found: StrictRows = { rows: [], bad: undefined, end: 0 };
  if (text === "") return found;
  const next = { delimiter: openSearch(text, delimiter), newline: openSearch(text, newline) };
  let cells: string[] = [];
  let at = 0;
  while (found.rows.length < maxRows) {
    let end: number;
    if (text[at] === '"') {
      const quoted = quotedCell(text, at, { delimiter, newline, isWhole });
      if (quoted.isBad) found.bad ??= found.rows.length;
      cells.push(quoted.cell);
      end = quoted.end;
    } else {
      end = Math.min(next.delimiter(at), next.newline(at));
      cells.push(text.slice(at, end));
    }
    if (end < text.length && text.startsWith(delimiter, end)) {
      at = end + delimiter.length;
      continue;
    }
    if (end >= text.length) {
      if (!isWhole) break;
      found.rows.push(cells);
      found.end = text.length;
      break;
    }
    at = end + newline.length;
    found.rows.push(cells);
    found.end = at;
    cells = [];
  }
  return found;
}

/** Where a part comes next at or after a place that only grows; the end of the text where it does not. */
function openSearch(text: string, part: string): (at: number) => number {
  let found = -1;
  return (at) => {
    if (found < at) {
      found = text.indexOf(part, at);
      if (found < 0) found = text.length;
    }
    return found;
  };
}

interface QuotedCell {
  cell: string;
  /** Where a delimiter, a line end or the end of the text is. */
  end: number;
  isBad: boolean;
}

interface CellForm extends RowForm {
  isWhole: boolean;
}

function quotedCell(text: string, start: number, form: CellForm): QuotedCell {
  let isBad = false;
  let isDoubled = false;
  const cellTo = (end: number) => {
    const cell = text.slice(start + 1, end);
    return isDoubled ? cell.replaceAll('""', '"') : cell;
  };
  for (let from = start + 1; ;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { cell: text.slice(start + 1), end: text.length, isBad: isBad || form.isWhole };
    if (text[quote + 1] === '"') {
      isDoubled = true;
      from = quote + 2;
      continue;
    }
    const end = afterBlanks(text, quote + 1, form);
    if (end !== undefined) return { cell: cellTo(quote), end, isBad };
    isBad = true;
    from = quote + 1;
  }
}

/** Where the cell ends that a quote before this place may end; undefined where anything else follows. */
function afterBlanks(text: string, start: number, { delimiter, newline, isWhole }: CellForm): number | undefined {
  for (let at = start; ; at++) {
    if (at >= text.length) return text.length;
    if (!isWhole && isBegun(text, at, [delimiter, newline])) return text.length;
    if (text.startsWith(delimiter, at) || text.startsWith(newline, at)) return at;
    if (!isBlank(text[at] ?? "")) return undefined;
  }
}

/** Whether the text ends within a mark. */
function isBegun(text: string, at: number, marks: readonly string[]): boolean {
  return marks.some((mark) => text.length - at < mark.length && mark.startsWith(text.slice(at)));
}

/** Carriage returns are left to those who look for line ends of other kinds. */
function isBlank(char: string): boolean {
  return char === " " || char === "\t";
}
