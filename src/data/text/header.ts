/** The kinds of cells whose contrast with the first row gives a header away. */
const dataPattern =
  /^\s*([+-]?(\d[\d,. ]*|\.\d+)(e[+-]?\d+)?%?|\d{4}-\d{2}-\d{2}.*|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|true|false|null|nan)?\s*$/i;

/** Longer cells are text; the pattern is not made for them. */
const maxDataChars = 64;

/** Whether a cell is a number, a date, a truth value or nothing. */
export function isDataLike(cell: string): boolean {
  return cell.length <= maxDataChars && dataPattern.test(cell);
}

/** So many rows below the first tell whether it names the columns. */
export const headerRows = 50;

/**
 * Whether the first row names the columns: it does where none of its cells looks like data, but for a nameless one above
 * numbers of rows, or where it stands out.
 */
export function hasHeader(first: readonly string[], rows: readonly string[][]): boolean {
  const [start = "", ...others] = first;
  const areNames = others.every((cell) => !isDataLike(cell));
  return (areNames && (!isDataLike(start) || isIndex(start, others, rows))) || standsOut(first, rows);
}

function isIndex(name: string, others: readonly string[], rows: readonly string[][]): boolean {
  const sample = rows.slice(0, headerRows);
  return (
    name.trim() === "" && others.length > 0 && rows.length > 0 && sample.every(([cell = ""]) => /^\d+$/.test(cell))
  );
}

/** Whether a row is of another kind than those below: a name above a column of data, or years above something else. */
export function standsOut(first: readonly string[], rows: readonly string[][]): boolean {
  const sample = rows.slice(0, headerRows);
  if (namesYears(first, sample)) return true;
  return first.some((name, column) => {
    if (isDataLike(name)) return false;
    const cells = sample.map((row) => row[column] ?? "").filter((cell) => cell.trim() !== "");
    return cells.length > 0 && cells.every(isDataLike);
  });
}

const year = /^\s*(19|20)\d{2}\s*$/;
const leastYears = 2;

/** Whether all cells of a row are years in their order, names or nothing, and the columns below hold hardly any. */
function namesYears(first: readonly string[], rows: readonly string[][]): boolean {
  const columns = first.flatMap((cell, column) => (year.test(cell) ? [column] : []));
  const isAscending = columns.every(
    (column, index) => index === 0 || Number(first[column]) > Number(first[columns[index - 1] ?? 0]),
  );
  if (columns.length < leastYears || !isAscending) return false;
  if (!first.every((cell) => cell.trim() === "" || year.test(cell) || !isDataLike(cell))) return false;
  return columns.every((column) => rows.filter((row) => !year.test(row[column] ?? "")).length > rows.length / 2);
}

/** A character that no name in SQL may have. */
export const nul = "\0";

/** Names as SQL will know them: trimmed, `column0` for a missing one, `name_1` for the second of a name. */
export function columnNames(first: readonly string[], header: boolean): string[] {
  const taken = new Set<string>();
  // Counted on, or a row of one name all over would take for ever.
  const copies = new Map<string, number>();
  return first.map((cell, index) => {
    const wanted = (header ? cell.replaceAll(nul, "").trim() : "") || `column${index}`;
    const key = wanted.toLowerCase();
    let copy = copies.get(key) ?? 0;
    const named = () => (copy === 0 ? wanted : `${wanted}_${copy}`);
    while (taken.has(named().toLowerCase())) copy += 1;
    copies.set(key, copy);
    taken.add(named().toLowerCase());
    return named();
  });
}
