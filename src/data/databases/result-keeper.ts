import { ToolError } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../message.ts";
import { cutCell, maxCellChars, maxRowsChars } from "../cut-cell.ts";
import type { Column, Dataset } from "../dataset.ts";
import { columnNames } from "../text/header.ts";
import type { RowSink } from "./driver.ts";
import { openGrowingDataset, type GrowingDatasetOptions } from "./growing-dataset.ts";

export interface KeeperOptions extends GrowingDatasetOptions {
  /** Rows shown. */
  limit: number;
  /** Told now and then how many rows there are so far. */
  onRows: (count: number) => void;
}

export interface KeptResult {
  columns: Column[];
  /** The first of them. */
  rows: JsonValue[][];
  rowCount: number;
  dataset: Dataset | undefined;
  /** Why the whole result is not kept although it should be. */
  notKept: string | undefined;
}

/** Takes the rows of a statement: a few stay in memory, more go into a dataset as they come. */
export interface ResultKeeper extends RowSink {
  /**
   * @param types of the columns
   * @param keep whether the result shall be kept although nobody asked and it is small
   */
  finish(types: readonly string[], origin: JsonObject, keep: (result: KeptResult) => boolean): Promise<KeptResult>;
  /** Leave nothing behind. */
  discard(): Promise<void>;
}

const tellEveryMs = 500;

/** What is held of a result that may be an answer by itself. */
const maxHeldChars = 1024 ** 2;

export function openResultKeeper(options: KeeperOptions): ResultKeeper {
  const { limit, saveAs, onRows } = options;
  const dataset = openGrowingDataset(options);
  const shown = openShownRows(limit);
  let names: string[] = [];
  let rowCount = 0;
  /** Every row so far, until there are too many. */
  let held: (readonly string[])[] | undefined = [];
  let heldChars = 0;
  let toldAt = performance.now();

  return {
    start(columns) {
      if (columns.length === 0) throw new ToolError("invalid_input", "the statement selects no column; name some");
      names = columnNames(columns, true);
    },
    async take(rows) {
      rowCount += rows.length;
      if (performance.now() - toldAt > tellEveryMs) {
        toldAt = performance.now();
        onRows(rowCount);
      }
      for (const row of rows) shown.add(row);
      if (held === undefined) return await dataset.write(names, rows);
      for (const row of rows) heldChars += charsOf(row);
      held.push(...rows);
      if (held.length <= limit && heldChars <= maxHeldChars) return undefined;
      const all = held;
      held = undefined;
      await dataset.write(names, all);
    },
    async finish(types, origin, keep) {
      const columns = names.map((name, index) => ({ name, type: types[index] ?? "VARCHAR" }));
      const result = { columns, rows: shown.rows(types), rowCount };
      const isWanted = saveAs !== undefined || keep({ ...result, dataset: undefined, notKept: undefined });
      if (held !== undefined && isWanted) await dataset.write(names, held);
      return { ...result, dataset: await dataset.finish(types, origin), notKept: dataset.notKept() };
    },
    discard: dataset.discard,
  };
}

/** The first rows, as long as they are not too long for an answer. */
function openShownRows(limit: number) {
  const rows: (readonly string[])[] = [];
  let chars = 0;
  let isFull = false;
  return {
    add(row: readonly string[]): void {
      if (isFull) return;
      chars += charsOf(row);
      isFull = rows.length >= limit || (chars > maxRowsChars && rows.length > 0);
      if (!isFull) rows.push(row);
    },
    rows: (types: readonly string[]) =>
      rows.map((row) => row.map((text, index) => cutCell(toCell(text, types[index]), maxCellChars))),
  };
}

function charsOf(row: readonly string[]): number {
  return row.reduce((sum, text) => sum + text.length + 1, 0);
}

/** What stands in a column of text is text, whatever the database had there. */
function toCell(text: string, type = "VARCHAR"): JsonValue {
  const value = JSON.parse(text) as JsonValue;
  if (type === "VARCHAR") return value !== null && typeof value !== "string" ? text : value;
  return /^TIMESTAMP(?:\[\])*$/.test(type) ? withT(value) : value;
}

/** Points of time as ISO 8601 has them. */
function withT(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withT);
  return typeof value === "string" ? value.replace(" ", "T") : value;
}
