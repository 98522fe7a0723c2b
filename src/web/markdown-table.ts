import type { TextWriter } from "./text-writer.ts";

/** The rows of a table that is being read. */
export interface TableWriter {
  startRow(): undefined;
  addCell(text: string): void;
  /** A table with tables in it only arranges things. */
  markNested(): void;
  writeTo(writer: TextWriter): void;
}

/** Wider tables are written as rows of text: every row is padded to the widest. */
const maxColumns = 100;

export function openTableWriter(style: "markdown" | "text"): TableWriter {
  const rows: string[][] = [];
  let nested = false;
  return {
    startRow: () => void rows.push([]),
    addCell(text) {
      if (rows.length === 0) rows.push([]);
      rows.at(-1)?.push(text);
    },
    markNested() {
      nested = true;
    },
    writeTo(writer) {
      const filled = rows.filter((row) => row.some((cell) => cell !== ""));
      const columns = filled.reduce((widest, row) => Math.max(widest, row.length), 0);
      const arranges =
        nested ||
        columns < 2 ||
        columns > maxColumns ||
        filled.some((row) => row.some((cell) => cell.includes("\n\n")));
      if (arranges) writeBlocks(writer, filled);
      else if (style === "markdown") writeMarkdown(writer, filled, columns);
      else for (const row of filled) writer.lines(row.map(oneLine).join("\t"));
    },
  };
}

function writeBlocks(writer: TextWriter, rows: string[][]): void {
  for (const cell of rows.flat()) {
    if (cell === "") continue;
    writer.newline(2);
    writer.lines(cell);
  }
}

/** The first row is the header: Markdown has no table without one. */
function writeMarkdown(writer: TextWriter, rows: string[][], columns: number): void {
  rows.forEach((row, index) => {
    const cells = Array.from({ length: columns }, (_, column) => oneLine(row[column] ?? "").replaceAll("|", "\\|"));
    writer.lines(`| ${cells.join(" | ")} |`);
    if (index === 0) writer.lines(`|${" --- |".repeat(columns)}`);
  });
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ");
}
