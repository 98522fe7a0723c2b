import { open, rm, type FileHandle } from "node:fs/promises";
import type { JsonObject, JsonValue } from "../message.ts";
import { once } from "../once.ts";
import { toJson } from "../text/text.ts";
import type { Column, Dataset } from "./dataset.ts";
import { appendParts, openRowLines, type EncodedCell } from "./row-lines.ts";
import type { RowAhead } from "./rows-ahead.ts";
import { writeFailure } from "./workspace.ts";

/** A dataset being written. Whoever begins one finishes or discards it. */
export interface DatasetWriter {
  /** One value a column, in the columns' order. */
  write(row: readonly JsonValue[]): Promise<void>;
  /** As `write`, of values that are JSON already, without line breaks. The bytes are the caller's again afterwards. */
  writeEncoded(row: readonly EncodedCell[]): Promise<void>;
  /**
   * Give the dataset its handle now. What was written until this call is found under it should this process be killed; the
   * name that it is saved under is its own only once it is finished. Undefined where it cannot have one before its end.
   */
  secure(origin: JsonObject): Promise<string | undefined>;
  /** Have rows outlast this process that will be written later, when those before them are. For a dataset that is secure. */
  secureAhead(rows: Iterable<OrderedRow>): Promise<void>;
  /** The types are given where they are known only now. */
  finish(origin: JsonObject, types?: readonly string[]): Promise<Dataset>;
  discard(): Promise<void>;
}

export interface OrderedRow {
  /** How many rows come before it. */
  order: number;
  row: readonly EncodedCell[];
}

/** What the end of a writing tells. */
export interface Written {
  columns: Column[];
  rowCount: number;
  origin: JsonObject;
}

/** A dataset that has its handle, and whose rows outlast this process. */
export interface SecureDraft {
  id: string;
  /** @param written how many rows are where they belong, and outlast this process too */
  keepAhead(rows: readonly RowAhead[], written: number): Promise<void>;
  publish(written: Written): Promise<Dataset>;
  discard(): Promise<void>;
}

export interface WriterOptions {
  /** Where the rows are written. */
  path: string;
  columns: readonly Column[];
  publish(written: Written): Promise<Dataset>;
  /** Undefined where it is to be found at its end only. */
  secure(origin: JsonObject): Promise<SecureDraft | undefined>;
}

export async function openWriter({ path, columns, publish, secure }: WriterOptions): Promise<DatasetWriter> {
  const handle = await openForWriting(path);
  const toLine = openRowLines(columns);
  const rows = openRowBuffer(handle);
  let begun: JsonObject = {};
  const draft = once(() => secure(begun));
  const writeEncoded = async (row: readonly EncodedCell[]) => rows.write(toLine(row));
  return {
    write: (row) => writeEncoded(row.map((value) => toJson(value))),
    writeEncoded,
    async secure(origin) {
      await rows.flush();
      begun = origin;
      return (await draft.get())?.id;
    },
    async secureAhead(later) {
      const secured = await draft.opened();
      // The bytes may be gone once others are written.
      const lines = Array.from(later, ({ order, row }) => ({ order, line: joined(toLine(row)) }));
      await secured?.keepAhead(lines, rows.flushedCount());
    },
    async finish(origin, types = []) {
      await rows.flush();
      await handle.close();
      const typed = columns.map(({ name, type }, index) => ({ name, type: types[index] ?? type }));
      const written = { columns: typed, rowCount: rows.flushedCount(), origin };
      return (await draft.opened())?.publish(written) ?? (await publish(written));
    },
    async discard() {
      await handle.close();
      await (await draft.opened())?.discard();
      await rm(path, { force: true });
    },
  };
}

const bufferSize = 256 * 1024;

/** Lines on their way to a file, which gets them in large pieces. */
function openRowBuffer(handle: FileHandle) {
  let writing = Promise.resolve();
  let parts: (string | Uint8Array)[] = [];
  let text = "";
  let size = 0;
  let count = 0;
  let flushedCount = 0;

  async function flush(): Promise<void> {
    const taken = [...parts, text];
    const takenCount = count;
    parts = [];
    text = "";
    size = 0;
    writing = writing.then(() => appendParts(handle, taken));
    try {
      await writing;
      flushedCount = takenCount;
    } catch (thrown) {
      throw writeFailure(thrown, "a dataset");
    }
  }

  return {
    flush,
    /** How many lines the file has. */
    flushedCount: () => flushedCount,
    async write(line: readonly (string | Uint8Array)[]): Promise<void> {
      for (const part of line) {
        size += part.length;
        if (typeof part === "string") text += part;
        else {
          parts.push(text, part.length < bufferSize ? part.slice() : part);
          text = "";
        }
      }
      count += 1;
      if (size >= bufferSize) await flush();
    },
  };
}

function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

async function openForWriting(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (thrown) {
    throw writeFailure(thrown, "a dataset");
  }
}
