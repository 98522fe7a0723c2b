import { open, type FileHandle } from "node:fs/promises";
import type { JsonObject, JsonValue } from "../message.ts";
import { toJson } from "../text/text.ts";
import type { Column, Dataset } from "./dataset.ts";
import { appendParts, openRowLines, type EncodedCell } from "./row-lines.ts";
import { writeFailure } from "./workspace.ts";

/**
 * A dataset whose rows are on disk as soon as they are written, so that a process that is killed loses none. Each comes
 * with a note: what its maker must know to go on.
 */
export interface GrowingDataset {
  id: string;
  /** Values that are JSON already, without line breaks, one a column, in the columns' order. */
  writeEncoded(row: readonly EncodedCell[], note: object): Promise<void>;
  /** No more rows come; where it stays `unfinished` it may still be resumed. */
  finish(origin: JsonObject, unfinished: boolean): Promise<Dataset>;
}

/** What is resumed: what it holds already, and how it goes on. */
export interface ResumedDataset {
  dataset: Dataset;
  growing: GrowingDataset;
  /** Those of its rows, in order. */
  notes: AsyncIterable<JsonValue>;
  /** Their cells are cut as those of any answer. */
  firstRows: JsonValue[][];
}

export interface GrowingOptions {
  id: string;
  columns: readonly Column[];
  /** How many rows there are already. */
  rowCount: number;
  /** Where its rows and its notes are written. */
  paths: [rows: string, notes: string];
  /** Give it its place, once all is written. */
  publish(made: GrownDataset): Promise<Dataset>;
}

export interface GrownDataset {
  /** Undefined where a write failed, which may have left a part of a row. */
  rowCount: number | undefined;
  origin: JsonObject;
  unfinished: boolean;
}

export async function openGrowing(options: GrowingOptions): Promise<GrowingDataset> {
  const { id, columns, paths, publish } = options;
  const toLine = openRowLines(columns);
  const [rows, notes] = await openBoth(paths);
  let rowCount: number | undefined = options.rowCount;
  return {
    id,
    async writeEncoded(row, note) {
      try {
        await notes.appendFile(`${toJson(note)}\n`);
        await appendParts(rows, toLine(row));
        if (rowCount !== undefined) rowCount += 1;
      } catch (thrown) {
        rowCount = undefined;
        throw writeFailure(thrown, "a dataset");
      }
    },
    async finish(origin, unfinished) {
      await Promise.all([rows.close(), notes.close()]);
      return await publish({ rowCount, origin, unfinished });
    },
  };
}

async function openBoth([rowsPath, notesPath]: [string, string]): Promise<[FileHandle, FileHandle]> {
  try {
    const rows = await open(rowsPath, "a", 0o600);
    try {
      return [rows, await open(notesPath, "a", 0o600)];
    } catch (thrown) {
      await rows.close();
      throw thrown;
    }
  } catch (thrown) {
    throw writeFailure(thrown, "a dataset");
  }
}
