import type { JsonObject, JsonValue } from "../message.ts";
import { collapse, type Element, type Sink } from "./sink.ts";
import { openSpans, readCell, type Cell, type Grid, type Row } from "./table-grid.ts";

interface Table {
  caption: string | null;
  rows: Row[];
  /** Only arranges the page: as its author says, or because there are tables in it and nothing that names it. */
  arranges: boolean;
  nested: boolean;
}

/** A table that is open: text goes into the innermost cell or caption. */
interface OpenTable {
  table: Table;
  row: Row | undefined;
  inHead: boolean;
  /** The cell that is open has text that does not stand out. */
  isPlain: boolean;
}

/** What has been read, and is being. */
interface Reading {
  tables: Table[];
  open: OpenTable[];
  texts: string[][];
  bold: Set<Cell>;
  /** Elements in bold that are open. */
  standing: number;
}

const strong = new Set(["b", "strong"]);

/** Rows are filled up to the width of their table as long as that is not out of proportion. */
const maxPaddedWidth = 200;
const apart = new Set(["br", "p", "div", "li", "tr", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "table"]);

/**
 * Every table of a page, in order of its start: `{caption, columns, rows}`, each row an object with a text or null by
 * column. What spans several rows or columns stands in each of them; columns without a heading are `column1`, ….
 */
export function openTables(): Sink {
  const reading: Reading = { tables: [], open: [], texts: [], bold: new Set(), standing: 0 };
  const closes: ((() => void) | undefined)[] = [];
  return {
    open(element) {
      // Blocks and line breaks in a cell separate words.
      if (apart.has(element.name)) reading.texts.at(-1)?.push(" ");
      closes.push(openPart(reading, element));
    },
    close: () => closes.pop()?.(),
    text(text) {
      reading.texts.at(-1)?.push(text);
      const current = reading.open.at(-1);
      if (current !== undefined && reading.standing === 0 && text.trim() !== "") current.isPlain = true;
    },
    end() {
      const resolveSpans = openSpans();
      for (const { rows } of reading.tables) markBoldHeader(rows, reading.bold);
      return reading.tables
        .filter((table) => !isArrangement(table))
        .map(({ caption, rows }) => shown(caption, resolveSpans(rows)));
    },
  };
}

function openPart(reading: Reading, { name, attributes }: Element): (() => void) | undefined {
  const current = reading.open.at(-1);
  if (name === "table") return openTable(reading, attributes["role"]);
  if (current === undefined) return undefined;
  if (strong.has(name)) {
    reading.standing += 1;
    return () => {
      reading.standing -= 1;
    };
  }
  if (name === "caption") return collect(reading, (text) => (current.table.caption = text === "" ? null : text));
  if (name === "thead") return openHead(current);
  if (name === "tr") return openRow(current);
  if ((name !== "td" && name !== "th") || current.row === undefined) return undefined;
  const cell: Cell = { ...readCell(attributes, name === "th"), text: "" };
  current.row.cells.push(cell);
  current.isPlain = false;
  return collect(reading, (text) => {
    cell.text = text;
    if (!current.isPlain && text !== "") reading.bold.add(cell);
  });
}

function openTable({ tables, open }: Reading, role: string | undefined): () => void {
  const arranges = role === "presentation" || role === "none";
  const table: Table = { caption: null, rows: [], arranges, nested: false };
  const outer = open.at(-1);
  if (outer !== undefined) outer.table.nested = true;
  tables.push(table);
  open.push({ table, row: undefined, inHead: false, isPlain: false });
  return () => void open.pop();
}

function collect({ texts }: Reading, done: (text: string) => void): () => void {
  const text: string[] = [];
  texts.push(text);
  return () => {
    texts.pop();
    done(collapse(text.join("")));
  };
}

/** Many a table has its headings in bold instead of in cells for headings. */
function markBoldHeader(rows: readonly Row[], bold: ReadonlySet<Cell>): void {
  const [first, ...others] = rows;
  if (first?.cells.every((cell) => bold.has(cell)) !== true || first.cells.some(({ isHeader }) => isHeader)) return;
  if (!others.some(({ cells }) => cells.some((cell) => !bold.has(cell)))) return;
  for (const cell of first.cells) cell.isHeader = true;
}

function isArrangement({ arranges, nested, caption, rows }: Table): boolean {
  const isNamed =
    caption !== null || rows.some(({ inHead, cells }) => inHead || cells.every(({ isHeader }) => isHeader));
  return arranges || rows.length === 0 || (nested && !isNamed);
}

function openHead(open: OpenTable): () => void {
  open.inHead = true;
  return () => {
    open.inHead = false;
  };
}

function openRow(open: OpenTable): () => void {
  const row: Row = { cells: [], inHead: open.inHead };
  open.row = row;
  return () => {
    open.row = undefined;
    if (row.cells.length > 0) open.table.rows.push(row);
  };
}

function shown(caption: string | null, { header, title, rows, width }: Grid): JsonObject {
  const columns = header ?? Array.from({ length: width }, (_, column) => `column${column + 1}`);
  return {
    caption: caption ?? title ?? null,
    columns,
    rows: rows.map((row) => {
      const filled = width <= maxPaddedWidth ? columns : columns.slice(0, row.length);
      return Object.fromEntries(filled.map((name, column): [string, JsonValue] => [name, row[column]?.text ?? null]));
    }),
  };
}
