import { open, type FileHandle } from "node:fs/promises";
import { eachLine } from "../text/each-line.ts";
import { isJsonObject, type JsonValue } from "../message.ts";
import { toJson } from "../text/text.ts";
import { cutCell, maxCellChars } from "./cut-cell.ts";

/** A value that is JSON already: its text, or its UTF-8 in pieces. */
export type EncodedCell = string | readonly Uint8Array[];

/** How a row, one value a column, becomes a line of JSON: a text, or parts where there are values in UTF-8. */
export function openRowLines(
  columns: readonly { name: string }[],
): (row: readonly EncodedCell[]) => (string | Uint8Array)[] {
  const beginnings = columns.map(({ name }, index) => `${index === 0 ? "{" : ","}${toJson(name)}:`);
  return (row) => {
    if (row.length !== beginnings.length)
      throw new TypeError(`a row of ${row.length} values does not fit ${beginnings.length} columns`);
    const parts: (string | Uint8Array)[] = [];
    let line = "";
    for (let index = 0; index < beginnings.length; index++) {
      const cell = row[index] ?? "null";
      line += beginnings[index];
      if (typeof cell === "string") line += cell;
      else {
        parts.push(line, ...cell);
        line = "";
      }
    }
    parts.push(`${line}}\n`);
    return parts;
  };
}

/** Larger parts are written as they are. */
const joinedBytes = 65_536;

export async function appendParts(handle: FileHandle, parts: readonly (string | Uint8Array)[]): Promise<void> {
  let small: Uint8Array[] = [];
  const flush = async () => {
    if (small.length > 0) await handle.appendFile(Buffer.concat(small));
    small = [];
  };
  for (const part of parts) {
    if (part.length < joinedBytes) small.push(typeof part === "string" ? Buffer.from(part) : part);
    else {
      await flush();
      await handle.appendFile(part);
    }
  }
  await flush();
}

/** The values of the lines of a file, in order. */
export async function* readJsonLines(path: string, maxLines = Infinity): AsyncGenerator<JsonValue> {
  const handle = await open(path);
  try {
    let left = maxLines;
    for await (const line of eachLine(handle.createReadStream({ autoClose: false }))) {
      if (left-- <= 0) return;
      yield JSON.parse(line) as JsonValue;
    }
  } finally {
    await handle.close();
  }
}

/** The first rows of a file of objects, one value a column, their cells cut. */
export async function readFirstRows(
  path: string,
  columns: readonly { name: string }[],
  count: number,
): Promise<JsonValue[][]> {
  const rows: JsonValue[][] = [];
  for await (const row of readJsonLines(path, count)) {
    const cells = new Map<string, JsonValue>(isJsonObject(row) ? Object.entries(row) : []);
    const cut = columns.map(({ name }) => cutCell(cells.get(name) ?? null, maxCellChars));
    // The beginning of a text keeps all of it in memory, unless it is a copy.
    rows.push(structuredClone(cut));
  }
  return rows;
}

/**
 * Cut several files to as many lines as all of them have whole, at most `maxLines`: what a killed process had begun to write
 * goes.
 *
 * @returns how many
 */
export async function alignLines(paths: readonly string[], maxLines = Infinity): Promise<number> {
  const handles: FileHandle[] = [];
  try {
    for (const path of paths) handles.push(await open(path, "r+"));
    const counts = await Promise.all(handles.map(async (handle) => (await measureLines(handle, Infinity)).lines));
    const shared = Math.min(maxLines, ...counts);
    for (const handle of handles) await handle.truncate((await measureLines(handle, shared)).bytes);
    return shared;
  } finally {
    for (const handle of handles) await handle.close();
  }
}

const newline = 0x0a;

/** How many whole lines a file has, and where the last of them ends; it is not looked at beyond `maxLines`. */
async function measureLines(handle: FileHandle, maxLines: number): Promise<{ lines: number; bytes: number }> {
  const chunk = Buffer.alloc(1_048_576);
  const measured = { lines: 0, bytes: 0 };
  for (let offset = 0; measured.lines < maxLines;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, offset);
    if (bytesRead === 0) break;
    for (let at = chunk.indexOf(newline); at >= 0 && at < bytesRead && measured.lines < maxLines;) {
      measured.lines += 1;
      measured.bytes = offset + at + 1;
      at = chunk.indexOf(newline, at + 1);
    }
    offset += bytesRead;
  }
  return measured;
}
