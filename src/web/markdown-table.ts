import type { Place, ResolveSpans } from "./table-grid.ts";
import { openTableRows, type Cell, type TableRows } from "./table-rows.ts";
import type { TextWriter } from "./text-writer.ts";

/** The rows of a table that is being read. */
export interface TableWriter {
  startRow(): undefined;
  /** Rows that start until the end of the `thead` are headings. */
  setHead(inHead: boolean): void;
  addCell(cell: Cell): void;
  /** A table with tables in it only arranges things. */
  markNested(): void;
  writeTo(writer: TextWriter): void;
}

interface Options {
  style: "markdown" | "text";
  resolveSpans: ResolveSpans;
  /** Only arranges the page, as its author says. */
  arranges: boolean;
}

/** Wider tables are written as rows of text: every row is padded to the widest. */
const maxColumns = 100;

export function openTableWriter({ style, resolveSpans, arranges }: Options): TableWriter {
  const rows = openTableRows();
  let nested = arranges;
  let inHead = false;
  return {
    startRow() {
      rows.startRow(inHead);
      return undefined;
    },
    setHead(value) {
      inHead = value;
    },
    addCell(cell) {
      if (rows.count() === 0) rows.startRow(inHead);
      rows.addCell(cell);
    },
    markNested() {
      nested = true;
    },
    writeTo(writer) {
      if (nested || isArrangement(rows)) return writeBlocks(writer, rows);
      const { header, title, rows: body, width } = resolveSpans(rows);
      if (width > maxColumns) return writeBlocks(writer, rows);
      if (title !== undefined) writer.lines(oneLine(title));
      writer.newline(style === "markdown" ? 2 : 1);
      const lines = linesOf(header, body, width);
      if (style === "markdown") writeMarkdown(writer, lines, width);
      else for (const row of lines) writer.lines(row.map(oneLine).join("\t"));
    },
  };
}

/** The texts of the headings and of each row, one row at a time. */
function* linesOf(header: string[] | undefined, rows: Iterable<Place[]>, width: number): Generator<string[]> {
  if (header !== undefined) yield header.map(named);
  for (const row of rows) {
    const isTitle = row.length === width && row.every(({ isRepeated }, column) => isRepeated === column > 0);
    yield row.map(({ text, isRepeated }) => (isTitle && isRepeated ? "" : text));
  }
}

/** A column without a heading needs no name where nobody asks for it. */
function named(name: string): string {
  return /^column\d+$/.test(name) ? "" : name;
}

/** A single column, or paragraphs beside each other without a heading over them, is no table. */
function isArrangement(rows: TableRows): boolean {
  let columns = 0;
  let hasBlocks = false;
  for (const { cells, inHead } of rows) {
    if (inHead || cells.some(({ isHeader }) => isHeader)) {
      if (cells.length > 1) return false;
    }
    const width = cells.reduce((sum, cell) => sum + cell.columns, 0);
    if (cells.some(({ text }) => text !== "")) columns = Math.max(columns, width);
    hasBlocks ||= cells.some(({ text }) => text.includes("\n\n"));
  }
  return columns < 2 || hasBlocks;
}

function writeBlocks(writer: TextWriter, rows: TableRows): void {
  for (const { cells } of rows) {
    for (const { text } of cells) {
      if (text === "") continue;
      writer.newline(2);
      writer.lines(text);
    }
  }
}

/** The first row is the header: Markdown has no table without one. */
function writeMarkdown(writer: TextWriter, rows: Iterable<string[]>, columns: number): void {
  let isFirst = true;
  for (const row of rows) {
    const cells: string[] = [];
    for (let column = 0; column < columns; column += 1) cells.push(oneLine(row[column] ?? "").replaceAll("|", "\\|"));
    writer.lines(`| ${cells.join(" | ")} |`);
    if (isFirst) writer.lines(`|${" --- |".repeat(columns)}`);
    isFirst = false;
  }
}

/** Paragraphs and items in a cell stay apart; a cell has no lines and no fences. */
function oneLine(text: string): string {
  if (!text.includes("\n")) return text;
  let out = "";
  let isApart = false;
  let isCode = false;
  for (const line of text.split("\n").map((whole) => whole.trim())) {
    if (line.startsWith("```")) isCode = !isCode;
    if (line === "" || line.startsWith("```")) {
      isApart = true;
      continue;
    }
    isApart ||= isCode || /^(?:-|\d+\.)\s/.test(line);
    out += (out === "" ? "" : isApart ? "<br>" : " ") + (isCode ? `\`${line}\`` : line);
    isApart = isCode;
  }
  return out;
}
