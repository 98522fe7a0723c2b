import { collapse, type Sink } from "./sink.ts";

interface Table {
  caption: string | null;
  header: string[] | null;
  rows: string[][];
}

/** A table that is open: text goes into the innermost cell or caption. */
interface OpenTable {
  table: Table;
  row: { cells: string[]; allHeaders: boolean } | undefined;
}

/** Every table of a page, in order of its start. The first row is the header if it is marked up as one. */
export function openTables(): Sink {
  const tables: Table[] = [];
  const open: OpenTable[] = [];
  const closes: ((() => void) | undefined)[] = [];
  const texts: string[][] = [];

  function collect(done: (text: string) => void): () => void {
    const text: string[] = [];
    texts.push(text);
    return () => {
      texts.pop();
      done(collapse(text.join("")));
    };
  }

  function openPart(name: string): (() => void) | undefined {
    const current = open.at(-1);
    if (name === "table") {
      const table: Table = { caption: null, header: null, rows: [] };
      tables.push(table);
      open.push({ table, row: undefined });
      return () => void open.pop();
    }
    if (current === undefined) return undefined;
    if (name === "caption") return collect((text) => (current.table.caption = text));
    if (name === "tr") return openRow(current);
    return name === "td" || name === "th" ? openCell(current, name === "th", collect) : undefined;
  }

  return {
    open({ name }) {
      // Blocks and line breaks in a cell separate words.
      texts.at(-1)?.push(name === "br" || name === "p" || name === "div" || name === "li" ? " " : "");
      closes.push(openPart(name));
    },
    close: () => closes.pop()?.(),
    text: (text) => void texts.at(-1)?.push(text),
    end: () => tables.map(({ caption, header, rows }) => ({ caption, header, rows })),
  };
}

function openRow(open: OpenTable): () => void {
  const row = { cells: [], allHeaders: true };
  open.row = row;
  return () => {
    const { table } = open;
    open.row = undefined;
    if (row.cells.length === 0) return;
    if (row.allHeaders && table.header === null && table.rows.length === 0) table.header = row.cells;
    else table.rows.push(row.cells);
  };
}

function openCell(
  open: OpenTable,
  isHeader: boolean,
  collect: (done: (text: string) => void) => () => void,
): (() => void) | undefined {
  const { row } = open;
  if (row === undefined) return undefined;
  row.allHeaders &&= isHeader;
  return collect((text) => void row.cells.push(text));
}
