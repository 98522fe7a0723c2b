import type { SourceProblem } from "../sql/sql-wire.ts";
import type { SheetRow } from "./sheet-rows.ts";
import { columnLetters } from "./xlsx-parts.ts";

/** Which columns of a sheet make up its table. */
export interface SheetColumns {
  width: number;
  /** The place of a column in the table; undefined where it is none of its columns. */
  indexOf(column: number): number | undefined;
  /** Empty columns in the middle that are left out, counted from 0. */
  gaps: readonly { from: number; to: number }[];
}

/** So many columns without a cell are no part of a table: a cell far away would make thousands of columns of them. */
const gapColumns = 100;

/** The columns from the first that has a cell to the last, without wide gaps. */
export function columnsOfTable(rows: readonly SheetRow[]): SheetColumns {
  const used = new Set<number>();
  for (const { cells } of rows) for (const { column } of cells) used.add(column);
  const indices = new Map<number, number>();
  const gaps: { from: number; to: number }[] = [];
  let last: number | undefined;
  for (const column of [...used].toSorted((a, b) => a - b)) {
    const next = last === undefined ? column : last + 1;
    const isFar = column - next >= gapColumns;
    if (isFar) gaps.push({ from: next, to: column - 1 });
    for (let filled = isFar ? column : next; filled <= column; filled += 1) indices.set(filled, indices.size);
    last = column;
  }
  return { width: indices.size, indexOf: (column) => indices.get(column), gaps };
}

export function gapProblems({ gaps }: SheetColumns, shown: string): SourceProblem[] {
  const [first] = gaps;
  if (first === undefined) return [];
  const all = gaps.map(({ from, to }) => `${columnLetters(from)} to ${columnLetters(to)}`).slice(0, maxNamed);
  const more = gaps.length > maxNamed ? ", …" : "";
  const message = `columns ${all.join(", ")}${more} of '${shown}' are empty in its first rows and left out`;
  return [{ line: 0, code: "empty_columns", message }];
}

const maxNamed = 5;
