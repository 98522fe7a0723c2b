import type { FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { ToolError } from "../../errors.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";
import type { SheetFindings } from "../workbook/workbook.ts";
import { packingOf, type Compression } from "../data-format.ts";
import { counted } from "./read-count.ts";

const chunkBytes = 256 * 1024;
/** The first chunk is all that the first rows need. */
const firstChunkBytes = 32 * 1024;

/** How the bytes of a table lie in a file. */
export interface Packed {
  compression: Compression;
  /** Which file of an archive, or which sheet of a workbook; the first with cells where none is named. */
  part?: string | undefined;
  /** What messages call the file. */
  shown: string;
  /** Is told of a sheet as it begins to be read. */
  onSheet?: (found: SheetFindings) => void;
  /** Is told at the end that zeros follow the compressed data, as tapes and some servers pad it. */
  onPadding?: () => void;
  /** Is told how many bytes of the file, packed as they are, have been read since it was told before. */
  onRead?: (sizeBytes: number) => void;
  /** Ends the reading between two chunks. */
  signal?: AbortSignal;
}

/**
 * The unpacked bytes of an open file from its start, chunk by chunk. The handle stays open.
 *
 * @throws ToolError; the signal's reason once it aborts
 */
export async function* readBytes(handle: FileHandle, packed: Packed): AsyncGenerator<Uint8Array> {
  for await (const chunk of unpackedBytes(handle, packed)) {
    packed.signal?.throwIfAborted();
    yield chunk;
    // What is at hand already would keep everybody else waiting.
    await setImmediate();
  }
}

async function* unpackedBytes(handle: FileHandle, packed: Packed): AsyncGenerator<Uint8Array> {
  const { compression } = packed;
  switch (compression) {
    case "zip":
      yield* readMember(handle, packed);
      return;
    case "xlsx":
      yield* await readSheet(handle, packed);
      return;
    default:
      yield* unpacked(counted(readChunks(handle), packed.onRead ?? (() => undefined)), compression, packed);
  }
}

/** A file of an archive, which may be compressed by itself. */
async function* readMember(handle: FileHandle, packed: Packed): AsyncGenerator<Uint8Array> {
  const { part = "", shown } = packed;
  const { openZip } = await import("../packed/zip.ts");
  const zip = await openZip(handle, shown);
  const chunks = zip.read(part);
  try {
    const first = await chunks.next();
    if (first.done === true) return;
    const packing = packingOf(first.value);
    if (packing === "zip" || packing === "xlsx")
      throw new ToolError("unreadable", `'${shown}' is an archive or workbook inside an archive; unpack the outer one`);
    yield* unpacked(joined(first.value, chunks), packing, packed);
  } finally {
    await chunks.return(undefined);
  }
}

async function readSheet(handle: FileHandle, { part, shown, onSheet }: Packed): Promise<AsyncGenerator<Uint8Array>> {
  const { readWorkbook } = await import("../workbook/workbook.ts");
  const { text, found } = readWorkbook(handle, { sheet: part, shown });
  onSheet?.(found);
  return text;
}

async function* joined(first: Uint8Array, others: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* others;
}

async function* unpacked(
  chunks: AsyncGenerator<Uint8Array>,
  compression: "none" | "gzip" | "zstd" | "bzip2",
  packed: Packed,
): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* chunks;
    return;
  }
  if (compression === "bzip2") {
    const { bunzip2 } = await import("../packed/bzip2.ts");
    yield* bunzip2(chunks, packed.shown);
    return;
  }
  const { decompressed } = await import("./decompress.ts");
  yield* decompressed(chunks, compression, packed);
}

/** Zeros after compressed data, which `readBytes` tells of, or after the last line; they are on no line. */
export function paddingProblem(shown: string): SourceProblem {
  return { line: 0, code: "padding", message: `'${shown}' has zeros after its data, which are left aside` };
}

/** The first decompressed bytes of a file, and whether they are all of them. */
export async function readStart(
  handle: FileHandle,
  { maxBytes, ...packed }: Packed & { maxBytes: number },
): Promise<{ bytes: Uint8Array; complete: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readBytes(handle, packed)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), complete: false };
  }
  return { bytes: Buffer.concat(chunks), complete: true };
}

/** A stream of the handle's own would close it at its end. */
async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ;) {
    const wanted = position === 0 ? firstChunkBytes : chunkBytes;
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
