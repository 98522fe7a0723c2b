import { hasHeader, isDataLike, standsOut } from "../text/header.ts";
import type { SheetCell, SheetRow } from "./sheet-rows.ts";

const maxTitles = 20;
/** A title has one cell; a line such as `Date: 5 January` has two. */
const maxTitleCells = 2;
const maxSampleRows = 50;

/**
 * How many of the first rows of a sheet stand above its table: titles, and lines that say when or by whom it was made.
 * Where that is not sure, there are none.
 */
export function titlesAbove(rows: readonly SheetRow[]): number {
  for (let count = 1; count <= maxTitles && count < rows.length; count += 1) {
    if ((rows[count - 1]?.cells.length ?? 0) > maxTitleCells) return 0;
    if (isTableBelow(rows, count)) return count;
  }
  return 0;
}

function isTableBelow(rows: readonly SheetRow[], count: number): boolean {
  const above = rows.slice(0, count);
  const [first, ...others] = rows.slice(count, count + 1 + maxSampleRows);
  if (first === undefined) return false;
  const columns = columnsOf([first, ...others]);
  const names = valuesOf(first, columns);
  const below = others.map((row) => valuesOf(row, columns));
  const isApart = first.number - (above.at(-1)?.number ?? 0) > 1;
  const stands = standsOut(names, below);
  if (columns.length === 1) return isApart && stands && isEachTitle(above);
  if (first.cells.length < 2) return false;
  const isLone = above.every(({ cells }) => cells.length === 1);
  if (isLone && isApart) return true;
  const isWhole = first.cells.length === columns.length;
  if (!isWhole || !hasHeader(names, below)) return false;
  if (isLone) return isEachTitle(above) && (columns.length > 2 || stands);
  const isMuchWider = columns.length >= maxTitleCells * 2;
  if (columns.length <= maxTitleCells || !isEachTitle(above)) return false;
  return isApart ? isMuchWider || stands : isMuchWider && stands;
}

function columnsOf(rows: readonly SheetRow[]): number[] {
  const columns = new Set<number>();
  for (const { cells } of rows) for (const { column } of cells) columns.add(column);
  return [...columns].toSorted((a, b) => a - b);
}

function valuesOf({ cells }: SheetRow, columns: readonly number[]): string[] {
  const values = new Map(cells.map(({ column, value }) => [column, value]));
  return columns.map((column) => values.get(column) ?? "");
}

function isEachTitle(rows: readonly SheetRow[]): boolean {
  return rows.every(({ cells: [first] }) => first !== undefined && isText(first));
}

function isText({ value }: SheetCell): boolean {
  return !isDataLike(value);
}
