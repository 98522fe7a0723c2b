import { cutText } from "../../text/text.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import { inferType } from "../text/column-types.ts";
import type { SheetColumns } from "./sheet-columns.ts";
import type { SheetCell, SheetRow } from "./sheet-rows.ts";
import type { SheetFindings } from "./workbook.ts";
import { columnLetters } from "./xlsx-parts.ts";

const maxProblems = 100;

export interface LineOptions {
  columns: SheetColumns;
  /** What messages call the workbook. */
  shown: string;
  isProvisional: boolean;
}

export interface SheetNotes {
  found: SheetFindings;
  lines: LineMap;
}

/**
 * Makes lines of delimited text of the rows of a sheet, and notes what is told of them. What stands beside the table
 * follows it as cells that its row has too much.
 */
export function openLines({ columns, shown, isProvisional }: LineOptions, { found, lines }: SheetNotes) {
  let isFirst = true;
  let errorCount = 0;
  let last = 0;
  const unknown = openPlaces();
  const provisional = openPlaces();
  const note = ({ column, value, kind, hasFormula }: SheetCell, row: number) => {
    if (kind === "error") {
      errorCount += 1;
      if (errorCount <= maxProblems) found.problems.push(errorProblem(row, value, shown));
    } else if (hasFormula && value === "") unknown.add(row, column);
    else if (hasFormula && isProvisional) provisional.add(row, column);
  };
  const textOf = ({ value, kind }: SheetCell, index: number): string => {
    if (kind === "error") return "";
    const texts = isFirst ? found.firstTexts : found.texts;
    if (kind === "text" && !texts.has(index) && inferType([value]) !== "VARCHAR") texts.add(index);
    return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return {
    toLine(row: SheetRow): string {
      const values: string[] = Array.from({ length: columns.width }, () => "");
      for (const cell of row.cells) {
        const index = columns.indexOf(cell.column) ?? values.length;
        if (cell.hasFormula || cell.kind === "error") note(cell, row.number);
        values[index] = textOf(cell, index);
      }
      isFirst = false;
      last = row.number;
      const line = values.length === 1 && values[0] === "" ? '""' : values.join();
      lines.add(row.number, line);
      return `${line}\n`;
    },
    finish() {
      if (errorCount > maxProblems) {
        const message = `'${shown}' has ${errorCount - maxProblems} more problems: cells that hold errors`;
        found.problems.push({ line: last, code: "more", message });
      }
      found.problems.unshift(...formulaProblems(unknown, provisional, shown));
    },
  };
}

function errorProblem(row: number, value: string, shown: string): SourceProblem {
  return {
    line: row,
    code: "cell_error",
    message: `row ${row} of '${shown}' holds the error ${cutText(value, 40)}, read as null`,
  };
}

const maxPlaces = 10;

/** Cells that have something in common: the first of them, and how many there are. */
function openPlaces() {
  const first: string[] = [];
  const places = { count: 0, line: 0, add, list };
  function add(row: number, column: number): void {
    places.count += 1;
    places.line ||= row;
    if (first.length < maxPlaces) first.push(`${columnLetters(column)}${row}`);
  }
  function list(): string {
    return `${places.count} ${places.count === 1 ? "cell" : "cells"} (${first.join(", ")}${places.count > maxPlaces ? ", …" : ""})`;
  }
  return places;
}

type Places = ReturnType<typeof openPlaces>;

function formulaProblems(unknown: Places, provisional: Places, shown: string): SourceProblem[] {
  const remedy = "open the workbook in a spreadsheet program and save it there";
  const problems: SourceProblem[] = [];
  if (unknown.count > 0) {
    const message = `'${shown}' was saved without the values of the formulas of ${unknown.list()}, read as null; ${remedy}`;
    problems.push({ line: unknown.line, code: "no_value", message });
  }
  if (provisional.count > 0) {
    const message = `'${shown}' was saved by a program that does not calculate: the values of the formulas of ${provisional.list()} may be wrong; ${remedy}`;
    problems.push({ line: provisional.line, code: "not_calculated", message });
  }
  return problems;
}

export type LineMap = ReturnType<typeof openLineMap>;

/** Which row each line is from: kept only where it is not the one after the line before. */
export function openLineMap() {
  const starts: number[] = [];
  const shifts: number[] = [];
  let line = 1;
  return {
    add(row: number, text: string) {
      if (shifts.at(-1) !== row - line) {
        starts.push(line);
        shifts.push(row - line);
      }
      line += 1 + (/[\r\n]/.test(text) ? (text.match(/\r\n|\n|\r/g)?.length ?? 0) : 0);
    },
    rowOf(wanted: number): number {
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= wanted) low = middle + 1;
        else high = middle;
      }
      return wanted + (shifts[low - 1] ?? 0);
    },
  };
}
