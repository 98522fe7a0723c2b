import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { namesIn, writeFailure } from "./workspace.ts";
import { alignLines } from "./row-lines.ts";

/** A row that is there before those that come first: its place, from 0, and its line. */
export interface RowAhead {
  order: number;
  /** With its line break. */
  line: Uint8Array;
}

/**
 * Where rows that are there too early outlast this process: the file `ds_….ahead`, each in a line after its place in eight
 * digits. It is made with the first of them, and emptied when none of them is ahead any more.
 */
export function openAhead(folder: string, id: string) {
  const path = join(folder, `${id}.ahead`);
  let file: FileHandle | undefined;
  let last = -1;
  return {
    /** @param written how many rows are where they belong, and outlast this process too */
    async keep(rows: readonly RowAhead[], written: number): Promise<void> {
      try {
        if (rows.length > 0) file ??= await open(path, "ax", 0o600);
        if (last >= 0 && last < written) {
          await file?.truncate(0);
          last = -1;
        }
        for (const { order, line } of rows) {
          await file?.appendFile(Buffer.concat([Buffer.from(String(order).padStart(orderChars, "0")), line]));
          last = Math.max(last, order);
        }
      } catch (thrown) {
        throw writeFailure(thrown, "a dataset");
      }
    },
    async remove(): Promise<void> {
      await file?.close();
      await rm(path, { force: true });
    },
  };
}

const orderChars = 8;

/**
 * Put the rows that a killed process had ahead behind those that it had written, in their order. What was begun only is no
 * row. Done again where whoever did it was killed too, it has the same outcome: how many rows were there before is kept in
 * the file's name.
 *
 * @param rows the path of the rows
 * @returns the path of the file with the rows ahead, which is of no more use; undefined where there is none
 */
export async function settleAhead(folder: string, id: string, rows: string): Promise<string | undefined> {
  const pattern = new RegExp(`^${id}(?:\\.(\\d+))?\\.ahead$`);
  const [found, counted] =
    (await namesIn(folder)).map((name) => pattern.exec(name)).find((match) => match !== null) ?? [];
  if (found === undefined) return undefined;
  const base = await alignLines([rows], counted === undefined ? Infinity : Number(counted));
  const path = join(folder, `${id}.${base}.ahead`);
  await rename(join(folder, found), path);
  const [from, to] = [await open(path, "r"), await open(rows, "a")];
  try {
    const lines = await linesAhead(from);
    const later = lines.filter(({ order }) => order >= base).toSorted((a, b) => a.order - b.order);
    for (const line of later) await copyLine(from, to, line);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
  return path;
}

interface Line {
  order: number;
  /** Of the row's own line, with its break. */
  start: number;
  end: number;
}

const newline = 0x0a;
const chunkBytes = 1_048_576;

/** Of all lines that are whole. */
async function linesAhead(file: FileHandle): Promise<Line[]> {
  const chunk = Buffer.alloc(chunkBytes);
  const lines: Line[] = [];
  let start = 0;
  for (let offset = 0; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    if (bytesRead === 0) return lines;
    for (let at = chunk.indexOf(newline); at >= 0 && at < bytesRead; at = chunk.indexOf(newline, at + 1)) {
      const end = offset + at + 1;
      lines.push({ order: await orderAt(file, start), start: start + orderChars, end });
      start = end;
    }
    offset += bytesRead;
  }
}

async function orderAt(file: FileHandle, offset: number): Promise<number> {
  const { buffer } = await file.read(Buffer.alloc(orderChars), 0, orderChars, offset);
  return Number(buffer.toString("latin1"));
}

async function copyLine(from: FileHandle, to: FileHandle, { start, end }: Line): Promise<void> {
  const chunk = Buffer.alloc(Math.min(chunkBytes, end - start));
  for (let offset = start; offset < end;) {
    const { bytesRead } = await from.read(chunk, 0, Math.min(chunk.length, end - offset), offset);
    await to.appendFile(chunk.subarray(0, bytesRead));
    offset += bytesRead;
  }
}
