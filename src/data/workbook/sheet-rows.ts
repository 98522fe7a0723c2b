import { ToolError } from "../../errors.ts";
import { dateText, type DateStyle } from "./sheet-dates.ts";
import { unescaped } from "./workbook-parts.ts";
import { checkCellLength, readXml } from "./xml-parts.ts";

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
  styles: readonly (DateStyle | undefined)[];
  is1904: boolean;
  /** What messages call the workbook. */
  shown: string;
}

const maxColumns = 16_384;
/** The rows of a sheet that have cells, many at a time. Formulas have the values they had when they were saved. */
export async function* sheetRows(chunks: AsyncIterable<Uint8Array>, options: SheetOptions): AsyncGenerator<SheetRow[]> {
  let rows: SheetRow[] = [];
  let row: SheetRow = { number: 0, cells: [] };
  let column = -1;
  let attributes: Record<string, string> = {};
  let text = "";
  let isText = false;
  let hasFormula = false;
  let phonetic = 0;
  const reading = readXml(
    chunks,
    {
      open(name, found) {
        if (name === "v") isText = true;
        else if (name === "c") {
          attributes = found;
          column = columnOf(found["r"], column + 1, options.shown);
          text = "";
          hasFormula = false;
        } else if (name === "f") hasFormula = true;
        else if (name === "row") {
          row = { number: Number(found["r"] ?? row.number + 1), cells: [] };
          column = -1;
        } else if (name === "t") isText = phonetic === 0;
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
        else if (name === "c") {
          const cell = cellOf(text, attributes, options);
          // a text without characters is the value of some formulas
          if (cell.value !== "" || (hasFormula && cell.kind !== "text"))
            row.cells.push({ column, ...cell, hasFormula });
          if (row.cells.length > maxColumns)
            throw new ToolError(
              "unreadable",
              `'${options.shown}' is damaged: row ${row.number} has two values in one cell; save it again`,
            );
        } else if (name === "row" && row.cells.length > 0) rows.push(row);
      },
    },
    options.shown,
  );
  while ((await reading.next()).done !== true) {
    if (rows.length > 0) yield rows;
    rows = [];
  }
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
  { texts, styles, is1904, shown }: SheetOptions,
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
      const dateStyle = type === undefined || type === "n" ? styles[Number(style ?? 0)] : undefined;
      return { value: dateStyle === undefined ? text : dateText(text, dateStyle, is1904), kind: "other" };
    }
  }
}
