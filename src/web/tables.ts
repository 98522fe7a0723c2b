import type { JsonObject, JsonValue } from "../message.ts";
import { collapse, type Element, type Sink } from "./sink.ts";
import { openSpans, readCell, type Grid } from "./table-grid.ts";
import { openTableRows, type TableRows } from "./table-rows.ts";

interface Table {
  caption: string | null;
  rows: TableRows;
  /** Only arranges the page: as its author says, or because there are tables in it and nothing that names it. */
  arranges: boolean;
  nested: boolean;
  /** Whether every cell of the first row stands out, and every one below it. */
  isBold: { first: boolean; below: boolean };
}

/** A table that is open: text goes into the innermost cell or caption. */
interface OpenTable {
  table: Table;
  inRow: boolean;
  inHead: boolean;
  /** The cell that is open has text that does not stand out. */
  isPlain: boolean;
}

/** What has been read, and is being. */
interface Reading {
  tables: Table[];
  open: OpenTable[];
  texts: string[][];
  /** Elements in bold that are open. */
  standing: number;
}

const strong = new Set(["b", "strong"]);

/** Rows are filled up to the width of their table as long as that is not out of proportion. */
const maxPaddedWidth = 200;
const maxPaddedCells = 2_000_000;
const apart = new Set(["br", "p", "div", "li", "tr", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "table"]);

/**
 * Every table of a page, in order of its start: `{caption, columns, rows}`, each row an object with a text or null by
 * column. What spans several rows or columns stands in each of them; columns without a heading are `column1`, ….
 */
export function openTables(): Sink {
  const reading: Reading = { tables: [], open: [], texts: [], standing: 0 };
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
      for (const table of reading.tables) markBoldHeader(table);
      return reading.tables
        .filter((table) => !isArrangement(table))
        .map((table) => shown(table, resolveSpans(table.rows)));
    },
  };
}

function openPart(reading: Reading, { name, attributes }: Element): (() => void) | undefined {
  const current = reading.open.at(-1);
  if (name === "table") return openTable(reading, attributes.get("role"));
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
  if ((name !== "td" && name !== "th") || !current.inRow) return undefined;
  const { rows, isBold } = current.table;
  const setText = rows.addCell({ ...readCell(attributes, name === "th"), text: "" });
  const part = rows.count() === 1 ? "first" : "below";
  current.isPlain = false;
  return collect(reading, (text) => {
    setText(text);
    isBold[part] &&= !current.isPlain && text !== "";
  });
}

function openTable({ tables, open }: Reading, role: string | undefined): () => void {
  const arranges = role === "presentation" || role === "none";
  const isBold = { first: true, below: true };
  const table: Table = { caption: null, rows: openTableRows(), arranges, nested: false, isBold };
  const outer = open.at(-1);
  if (outer !== undefined) outer.table.nested = true;
  tables.push(table);
  open.push({ table, inRow: false, inHead: false, isPlain: false });
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
function markBoldHeader({ rows, isBold }: Table): void {
  if (!isBold.first || isBold.below) return;
  for (const { cells } of rows) {
    if (!cells.some(({ isHeader }) => isHeader)) rows.markHeader();
    return;
  }
}

function isArrangement({ arranges, nested, caption, rows }: Table): boolean {
  return arranges || rows.count() === 0 || (nested && caption === null && !hasHeading(rows));
}

function hasHeading(rows: TableRows): boolean {
  for (const { inHead, cells } of rows) if (inHead || cells.every(({ isHeader }) => isHeader)) return true;
  return false;
}

function openHead(open: OpenTable): () => void {
  open.inHead = true;
  return () => {
    open.inHead = false;
  };
}

function openRow(open: OpenTable): () => void {
  const { rows } = open.table;
  rows.startRow(open.inHead);
  open.inRow = true;
  return () => {
    open.inRow = false;
    rows.endRow();
  };
}

function shown({ caption, rows: marked }: Table, { header, title, rows, width }: Grid): JsonObject {
  const columns = header ?? Array.from({ length: width }, (_, column) => `column${column + 1}`);
  const isFilled = width <= maxPaddedWidth && width * marked.count() <= maxPaddedCells;
  return {
    caption: caption ?? title ?? null,
    columns,
    rows: Array.from(rows, (row) => {
      const filled = isFilled ? columns : columns.slice(0, row.length);
      return Object.fromEntries(filled.map((name, column): [string, JsonValue] => [name, row[column]?.text ?? null]));
    }),
  };
}
