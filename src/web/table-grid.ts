/** A cell as it is marked up. */
export interface Cell {
  text: string;
  isHeader: boolean;
  columns: number;
  rows: number;
}

export interface Row {
  cells: Cell[];
  /** Whether it stands in the `thead`. */
  inHead: boolean;
}

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
  rows: Place[][];
  width: number;
}

/** Resolves what spans several rows and columns. */
export type ResolveSpans = (rows: readonly Row[]) => Grid;

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
  let repeats = maxRepeats;
  let chars = maxRepeatedChars;
  const mayRepeat = ({ text }: { text: string }) => {
    repeats -= 1;
    chars -= text.length;
    return repeats > 0 && chars > 0;
  };
  return (rows) => {
    const places = spread(rows, mayRepeat);
    const width = places.reduce((widest, row) => Math.max(widest, row.length), 0);
    return headed(
      places.map((row, index) => ({ row, inHead: rows[index]?.inHead === true })),
      width,
    );
  };
}

export function readCell(attributes: Record<string, string>, isHeader: boolean): Omit<Cell, "text"> {
  return {
    isHeader,
    columns: span(attributes["colspan"], maxColumnSpan),
    rows: attributes["rowspan"] === "0" ? maxRowSpan : span(attributes["rowspan"], maxRowSpan),
  };
}

function span(value: string | undefined, most: number): number {
  const count = Number.parseInt(value ?? "1", 10);
  return count > 1 ? Math.min(count, most) : 1;
}

function spread(rows: readonly Row[], mayRepeat: (place: Place) => boolean): Place[][] {
  /** By column, what reaches down from above, and for how many rows more. */
  const hanging = new Map<number, { place: Place; left: number }>();
  return rows.map(({ cells }) => {
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
    for (const column of [...hanging.keys()].toSorted((a, b) => a - b)) {
      if (column < row.length) continue;
      while (row.length < column && mayRepeat(nothing)) row.push(nothing);
      if (row.length === column) takeHanging(column);
    }
    return row;
  });
}

const nothing: Place = { text: "", isHeader: false, isRepeated: false };

function headed(rows: readonly { row: Place[]; inHead: boolean }[], width: number): Grid {
  const filled = rows.filter(({ row }) => row.some(({ text }) => text !== ""));
  let title: string | undefined;
  const [first] = filled;
  if (first !== undefined && filled.length > 1 && width > 1 && isOneCell(first.row, width)) {
    if (first.inHead || first.row.every(({ isHeader }) => isHeader)) {
      title = first.row[0]?.text;
      filled.shift();
    }
  }
  const hasHead = filled[0]?.inHead === true;
  let count = 0;
  while (count < maxHeaderRows && isHeaderRow(filled[count], hasHead)) count += 1;
  // Where every row is one of headings, they are the rows' own.
  if (count === filled.length && !filled.every(({ inHead }) => inHead)) count = Math.min(count, 1);
  const header = count === 0 ? undefined : columnNames(filled.slice(0, count), width);
  return { header, title, rows: filled.slice(count).map(({ row }) => row), width };
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
