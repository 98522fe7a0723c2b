import { open, type FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";

/** DuckDB's limit for a row of delimited text, rounded up. */
const maxLineBytes = 2 * 1024 * 1024;

/** DuckDB drops a row without a word where it spans two of its buffers of 32 MB; anything shorter it refuses by itself. */
const stepBytes = 8 * 1024 * 1024;
const probeBytes = 64 * 1024;

/**
 * Refuse a text file that has a line of more than 10 MB, without reading all of it: such a line covers one of the
 * places where this looks, and there no line end is near.
 *
 * @throws ToolError `too_large`
 */
export async function checkLineLengths(path: string, shown: string): Promise<void> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    for (let position = stepBytes; position < size; position += stepBytes) {
      if (await endsNear(handle, position)) continue;
      const line = 1 + (await countLineEnds(handle, position));
      throw new ToolError(
        "too_large",
        `line ${line} of '${shown}' is longer than 2 MB; shorten it, or make rows of it if the file is no table of lines`,
      );
    }
  } finally {
    await handle.close();
  }
}

/** Whether a line or the file ends within the longest line after a place. */
async function endsNear(handle: FileHandle, start: number): Promise<boolean> {
  const buffer = Buffer.alloc(probeBytes);
  for (let position = start; position < start + maxLineBytes;) {
    const { bytesRead } = await handle.read(buffer, 0, probeBytes, position);
    const found = buffer.subarray(0, bytesRead);
    if (bytesRead === 0 || found.includes(0x0a) || found.includes(0x0d)) return true;
    position += bytesRead;
  }
  return false;
}

async function countLineEnds(handle: FileHandle, end: number): Promise<number> {
  const buffer = Buffer.alloc(stepBytes);
  let count = 0;
  for (let position = 0; position < end;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(stepBytes, end - position), position);
    if (bytesRead === 0) break;
    const found = buffer.subarray(0, bytesRead);
    for (let at = found.indexOf(0x0a); at >= 0; at = found.indexOf(0x0a, at + 1)) count += 1;
    position += bytesRead;
  }
  return count;
}
