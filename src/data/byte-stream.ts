import type { FileHandle } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { systemErrorCode, ToolError } from "../errors.ts";
import type { Compression } from "./data-format.ts";

const chunkBytes = 256 * 1024;

/** The decompressed bytes of an open file from its start, chunk by chunk. The handle stays open. */
export async function* readBytes(
  handle: FileHandle,
  compression: Compression,
  shown: string,
): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* readChunks(handle);
    return;
  }
  const stream = decompressed(handle, compression);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (thrown) {
    if (!/^(Z|ERR_Z)/.test(systemErrorCode(thrown) ?? "")) throw thrown;
    throw new ToolError("unreadable", `'${shown}' is damaged: its compressed data ends early or is wrong`, {
      cause: thrown,
    });
  } finally {
    stream.destroy();
  }
}

/** The first decompressed bytes of a file, and whether they are all of them. */
export async function readStart(
  handle: FileHandle,
  { compression, shown, maxBytes }: { compression: Compression; shown: string; maxBytes: number },
): Promise<{ bytes: Uint8Array; complete: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of readBytes(handle, compression, shown)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), complete: false };
  }
  return { bytes: Buffer.concat(chunks), complete: true };
}

/** A stream of the handle's own would close it at its end. */
async function* readChunks(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function decompressed(handle: FileHandle, compression: "gzip" | "zstd"): Readable {
  const decompressor = compression === "gzip" ? createGunzip() : createZstdDecompress();
  // An error of the pipeline destroys the decompressor too, and whoever reads from it sees it there.
  return pipeline(Readable.from(readChunks(handle), { objectMode: false }), decompressor, () => undefined);
}
