import type { Attributes } from "./html-attributes.ts";
import type { Cell, Row, TableRows } from "./table-rows.ts";

/** A place in the grid; what spans several stands in each. */
export interface Place {
  text: string;
  isHeader: boolean;
  /** Not the first of the columns that its cell spans. */
  isRepeated: boolean;
}

export interface Grid {
  /** One name a column, distinct; undefined where the table has no row of headings. */
  header: string[] | undefined;
  /** What stands over the whole width before the first row. */
  title: string | undefined;
  /** Made when they are asked for, each time anew. */
  rows: Iterable<Place[]>;
  width: number;
}

/** Resolves what spans several rows and columns. */
export type ResolveSpans = (rows: TableRows) => Grid;

/** As in the HTML standard. */
const maxColumnSpan = 1_000;
const maxRowSpan = 65_534;
/** Of a page, in cells and characters that are repeated; beyond this a cell stands in its first place only. */
const maxRepeats = 200_000;
const maxRepeatedChars = 5_000_000;
const maxHeaderRows = 5;
const maxNameChars = 200;

/** One for a page: all its tables together may repeat only so much. */
export function openSpans(): ResolveSpans {
  const budget: Budget = { repeats: maxRepeats, chars: maxRepeatedChars };
  return (rows) => {
    const before = { ...budget };
    const shape = shapeOf(spread(rows, openRepeating(budget)));
    return headed(shape, () => spread(rows, openRepeating({ ...before })));
  };
}

/** What may be repeated yet. */
interface Budget {
  repeats: number;
  chars: number;
}

type MayRepeat = (place: { text: string }) => boolean;

function openRepeating(budget: Budget): MayRepeat {
  return ({ text }) => {
    budget.repeats -= 1;
    budget.chars -= text.length;
    return budget.repeats > 0 && budget.chars > 0;
  };
}

export function readCell(attributes: Attributes, isHeader: boolean): Omit<Cell, "text"> {
  return {
    isHeader,
    columns: span(attributes.get("colspan"), maxColumnSpan),
    rows: attributes.get("rowspan") === "0" ? maxRowSpan : span(attributes.get("rowspan"), maxRowSpan),
  };
}

function span(value: string | undefined, most: number): number {
  const count = Number.parseInt(value ?? "1", 10);
  return count > 1 ? Math.min(count, most) : 1;
}

interface Line {
  row: Place[];
  inHead: boolean;
}

function* spread(rows: Iterable<Row>, mayRepeat: MayRepeat): Generator<Line> {
  /** By column, what reaches down from above, and for how many rows more. */
  const hanging: Hanging = new Map();
  for (const { cells, inHead } of rows) yield { row: spreadRow(cells, hanging, mayRepeat), inHead };
}

type Hanging = Map<number, { place: Place; left: number }>;

function spreadRow(cells: readonly Cell[], hanging: Hanging, mayRepeat: MayRepeat): Place[] {
  const row: Place[] = [];
  const takeHanging = (column: number) => {
    const above = hanging.get(column);
    if (above === undefined) return false;
    above.left -= 1;
    if (above.left === 0 || !mayRepeat(above.place)) hanging.delete(column);
    row[column] = above.place;
    return true;
  };
  for (const { text, isHeader, columns, rows: down } of cells) {
    while (takeHanging(row.length));
    for (let nth = 0; nth < columns; nth += 1) {
      const place: Place = { text, isHeader, isRepeated: nth > 0 };
      if (nth > 0 && !mayRepeat(place)) break;
      if (down > 1) hanging.set(row.length, { place, left: down - 1 });
      row.push(place);
    }
  }
  if (hanging.size === 0) return row;
  for (const column of [...hanging.keys()].toSorted((a, b) => a - b)) {
    if (column < row.length) continue;
    while (row.length < column && mayRepeat(nothing)) row.push(nothing);
    if (row.length === column) takeHanging(column);
  }
  return row;
}

const nothing: Place = { text: "", isHeader: false, isRepeated: false };

interface Shape {
  width: number;
  /** How many rows say something, and the first of them: among these are the title and the headings. */
  count: number;
  filled: Line[];
}

function shapeOf(lines: Iterable<Line>): Shape {
  const filled: Line[] = [];
  let width = 0;
  let count = 0;
  for (const line of lines) {
    width = Math.max(width, line.row.length);
    if (!isFilled(line)) continue;
    count += 1;
    if (count <= maxHeaderRows + 2) filled.push(line);
  }
  return { width, count, filled };
}

function isFilled({ row }: Line): boolean {
  return row.some(({ text }) => text !== "");
}

function headed({ width, count: filledCount, filled }: Shape, lines: () => Iterable<Line>): Grid {
  let title: string | undefined;
  const [first] = filled;
  if (first !== undefined && filledCount > 1 && width > 1 && isOneCell(first.row, width)) {
    if (first.inHead || first.row.every(({ isHeader }) => isHeader)) title = first.row[0]?.text;
  }
  const above = title === undefined ? 0 : 1;
  const left = filled.slice(above);
  const hasHead = left[0]?.inHead === true;
  let count = 0;
  while (count < maxHeaderRows && isHeaderRow(left[count], hasHead)) count += 1;
  // Where every row is one of headings, they are the rows' own.
  if (count === filledCount - above && !left.every(({ inHead }) => inHead)) count = Math.min(count, 1);
  const header = count === 0 ? undefined : columnNames(left.slice(0, count), width);
  return { header, title, rows: { [Symbol.iterator]: () => rowsBelow(lines(), above + count) }, width };
}

/** Rows that say something, behind so many of them. */
function* rowsBelow(lines: Iterable<Line>, above: number): Generator<Place[]> {
  let nth = 0;
  for (const line of lines) {
    if (!isFilled(line)) continue;
    if (nth >= above) yield line.row;
    nth += 1;
  }
}

function isOneCell(row: readonly Place[], width: number): boolean {
  return row.length === width && row.every(({ isRepeated }, column) => isRepeated === column > 0);
}

/** In a table that has a `thead`, a row of headings behind it parts the others. */
function isHeaderRow(line: { row: readonly Place[]; inHead: boolean } | undefined, hasHead: boolean): boolean {
  if (line === undefined) return false;
  return hasHead ? line.inHead : line.row.every(({ text, isHeader }) => isHeader || text === "");
}

/** Headings over several columns go before those below them. */
function columnNames(rows: readonly { row: readonly Place[] }[], width: number): string[] {
  const taken = new Set<string>();
  return Array.from({ length: width }, (_, column) => {
    const parts = rows.map(({ row }) => row[column]?.text ?? "").filter((text) => text !== "");
    const name = parts.filter((part, index) => part !== parts[index - 1]).join(" ");
    const base = name === "" ? `column${column + 1}` : name.slice(0, maxNameChars);
    return distinct(base, taken);
  });
}

function distinct(base: string, taken: Set<string>): string {
  let name = base;
  for (let nth = 2; taken.has(name); nth += 1) name = `${base}_${nth}`;
  taken.add(name);
  return name;
}
