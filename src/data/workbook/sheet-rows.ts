import { ToolError } from "../../errors.ts";
import { formattedText, type CellFormat } from "./cell-formats.ts";
import { unescaped } from "./workbook-parts.ts";
import { checkCellLength, readXml, type XmlHandler } from "./xml-parts.ts";

/** A cell that is not empty. */
export interface SheetCell {
  /** Counted from 0. */
  column: number;
  /** Empty for a formula that was saved without its value. */
  value: string;
  kind: "text" | "error" | "other";
  hasFormula: boolean;
}

export interface SheetRow {
  /** Counted from 1, as the sheet shows it. */
  number: number;
  cells: SheetCell[];
}

export interface SheetOptions {
  texts: readonly string[];
  /** By the number of a cell's style. */
  formats: readonly (CellFormat | undefined)[];
  is1904: boolean;
  /** What messages call the workbook. */
  shown: string;
}

const maxColumns = 16_384;

/** The rows of a sheet that have cells, many at a time. Formulas have the values they had when they were saved. */
export async function* sheetRows(chunks: AsyncIterable<Uint8Array>, options: SheetOptions): AsyncGenerator<SheetRow[]> {
  const { handler, taken } = rowReader(options);
  const reading = readXml(chunks, handler, options.shown);
  try {
    while ((await reading.next()).done !== true) {
      const rows = taken();
      if (rows.length > 0) yield rows;
    }
  } finally {
    await reading.return(undefined);
  }
}

interface RowReader {
  handler: Required<XmlHandler>;
  /** The rows that have ended since they were taken last. */
  taken(): SheetRow[];
}

function rowReader(options: SheetOptions): RowReader {
  const cell = cellReader(options);
  let rows: SheetRow[] = [];
  let row: SheetRow = { number: 0, cells: [] };
  let column = -1;
  return {
    handler: {
      open(name, attributes) {
        if (name === "c") {
          column = columnOf(attributes["r"], column + 1, options.shown);
          cell.begin(attributes);
        } else if (name === "row") {
          row = { number: Number(attributes["r"] ?? row.number + 1), cells: [] };
          column = -1;
        } else cell.open(name);
      },
      text: cell.text,
      close(name) {
        if (name === "c") {
          const found = cell.end(column);
          if (found !== undefined) row.cells.push(found);
          if (row.cells.length > maxColumns)
            throw new ToolError(
              "unreadable",
              `'${options.shown}' is damaged: row ${row.number} has two values in one cell; save it again`,
            );
        } else if (name === "row") {
          if (row.cells.length > 0) rows.push(row);
        } else cell.close(name);
      },
    },
    taken() {
      const ended = rows;
      rows = [];
      return ended;
    },
  };
}

interface CellReader {
  begin(attributes: Record<string, string>): void;
  /** A tag within the cell. */
  open(name: string): void;
  text(piece: string): void;
  close(name: string): void;
  /** The cell, unless it is empty. */
  end(column: number): SheetCell | undefined;
}

function cellReader(options: SheetOptions): CellReader {
  let attributes: Record<string, string> = {};
  let text = "";
  let hasFormula = false;
  let isText = false;
  /** How deep one is in what tells of a text how it is pronounced. */
  let phonetic = 0;
  return {
    begin(found) {
      attributes = found;
      text = "";
      hasFormula = false;
    },
    open(name) {
      if (name === "v") isText = true;
      else if (name === "f") hasFormula = true;
      else if (name === "t") isText = phonetic === 0;
      else if (name === "rPh") phonetic += 1;
    },
    text(piece) {
      if (!isText) return;
      text += piece;
      checkCellLength(text, options.shown);
    },
    close(name) {
      if (name === "v" || name === "t") isText = false;
      else if (name === "rPh") phonetic -= 1;
    },
    end(column) {
      const { value, kind } = cellOf(text, attributes, options);
      // a text without characters is the value of some formulas
      const isEmpty = value === "" && (!hasFormula || kind === "text");
      return isEmpty ? undefined : { column, value, kind, hasFormula };
    },
  };
}

/** `C7` is in column 2. */
function columnOf(reference: string | undefined, next: number, shown: string): number {
  let column = 0;
  if (reference === undefined) column = next + 1;
  else {
    for (let at = 0; ; at += 1) {
      const letter = (reference.codePointAt(at) ?? 0) - 64;
      if (letter < 1 || letter > 26) break;
      column = column * 26 + letter;
    }
  }
  if (column >= 1 && column <= maxColumns) return column - 1;
  throw new ToolError("unreadable", `'${shown}' is damaged: it has a cell '${reference ?? ""}'; save it again`);
}

function cellOf(
  text: string,
  { t: type, s: style }: Record<string, string>,
  { texts, formats, is1904, shown }: SheetOptions,
): Pick<SheetCell, "value" | "kind"> {
  switch (type) {
    case "s": {
      if (text === "") return { value: "", kind: "text" };
      const value = texts[Number(text)];
      if (value === undefined)
        throw new ToolError(
          "unreadable",
          `'${shown}' is damaged: it names a text that it does not hold; save it again`,
        );
      return { value, kind: "text" };
    }
    case "str":
    case "inlineStr":
      return { value: unescaped(text), kind: "text" };
    case "b":
      return { value: text === "" ? "" : text === "1" || text === "true" ? "true" : "false", kind: "other" };
    case "e":
      return { value: text, kind: "error" };
    default: {
      const format = type === undefined || type === "n" ? formats[Number(style ?? 0)] : undefined;
      return { value: format === undefined ? text : formattedText(text, format, is1904), kind: "other" };
    }
  }
}
