import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { errorMessage, systemErrorCode, ToolError } from "../../errors.ts";
import type { Packed } from "./byte-stream.ts";
import { counted } from "./read-count.ts";

/** What gzip or zstd has packed. Apart, because most files need none of it loaded. */
export async function* decompressed(
  chunks: AsyncGenerator<Uint8Array>,
  compression: "gzip" | "zstd",
  { shown, onPadding }: Packed,
): AsyncGenerator<Uint8Array> {
  const decompressor = compression === "gzip" ? createGunzip() : createZstdDecompress();
  let given = 0;
  // An error of the pipeline destroys the decompressor too, and whoever reads from it sees it there.
  const source = counted(chunks, (sizeBytes) => (given += sizeBytes));
  const stream = pipeline(Readable.from(source, { objectMode: false }), decompressor, () => undefined);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
    // other bytes than zeros are an error
    if (given > decompressor.bytesWritten) onPadding?.();
  } catch (thrown) {
    throw explainDamage(thrown, shown);
  } finally {
    stream.destroy();
  }
}

function explainDamage(thrown: unknown, shown: string): unknown {
  if (!/^(Z|ERR_Z)/.test(systemErrorCode(thrown) ?? "")) return thrown;
  // that of its beginning has been seen to be right
  const isTrailing = errorMessage(thrown) === "incorrect header check";
  const what = isTrailing
    ? `has something after its gzip data that is none; unpack it with gunzip, which leaves that aside, or get it again`
    : "is damaged: its compressed data ends early or is wrong";
  return new ToolError("unreadable", `'${shown}' ${what}`, { cause: thrown });
}
