import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
  type ZlibOptions,
} from "node:zlib";
import { errorMessage, systemErrorCode, ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";

/** More than one encoding on top of another is a bomb, not a page. */
const maxLayers = 2;

/**
 * Undo the content encoding of a body.
 *
 * @throws ToolError `too_large` above `maxBytes`, before more than that is unpacked; `unreadable` for what is damaged
 */
export function inflate(body: Uint8Array, contentEncoding: string, maxBytes: number): Uint8Array {
  const encodings = contentEncoding
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  if (encodings.length > maxLayers) throw new ToolError("unreadable", `compressed ${encodings.length} times over`);
  return encodings.reduceRight((bytes, encoding) => unpack(bytes, encoding, maxBytes), body);
}

/** How much larger a page may be than what was sent of it, as a rule. */
const usualRatio = 8;

/** How large a body is likely to be without its encoding, at most `maxBytes`: gzip says so in its last four bytes. */
export function likelyBytes(body: Uint8Array, contentEncoding: string, maxBytes: number): number {
  const { byteLength } = body;
  return likelyFromEnd({ sizeBytes: byteLength, end: body.subarray(-4) }, contentEncoding, maxBytes);
}

/** As `likelyBytes`, of a body whose last four bytes are known. */
export function likelyFromEnd(
  { sizeBytes, end }: { sizeBytes: number; end: Uint8Array },
  contentEncoding: string,
  maxBytes: number,
): number {
  if (contentEncoding === "") return sizeBytes;
  const isGzip = /^(x-)?gzip$/i.test(contentEncoding.trim()) && sizeBytes >= 18;
  const likely = isGzip ? new DataView(end.buffer, end.byteOffset, 4).getUint32(0, true) : sizeBytes * usualRatio;
  return Math.min(Math.max(sizeBytes, likely), maxBytes);
}

function unpack(bytes: Uint8Array, encoding: string, maxBytes: number): Uint8Array {
  if (bytes.byteLength === 0) return bytes;
  // What fits into one piece is not copied out of many. Gzip tells its size; a byte more shows that it ends.
  const chunkSize = Math.max(1_024, likelyBytes(bytes, encoding, maxBytes - 1) + 1);
  const options = { maxOutputLength: maxBytes, chunkSize };
  try {
    switch (encoding) {
      case "gzip":
      case "x-gzip":
        return gunzipSync(bytes, options);
      case "deflate":
        return inflateAny(bytes, options);
      case "br":
        return brotliDecompressSync(bytes, options);
      case "zstd":
        return zstdDecompressSync(bytes, options);
    }
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ERR_BUFFER_TOO_LARGE") {
      throw new ToolError("too_large", `the page is larger than ${maxBytes / 1_000_000} MB once unpacked`, {
        cause: thrown,
      });
    }
    throw new ToolError("unreadable", `the page's ${encoding} compression is damaged (${errorMessage(thrown)})`, {
      cause: thrown,
    });
  }
  throw new ToolError("unreadable", `the page is compressed with ${cutText(encoding, 40)}, which was not asked for`);
}

/** `deflate` means zlib, but some servers send it without the header that zlib has. */
function inflateAny(bytes: Uint8Array, options: ZlibOptions): Uint8Array {
  const hasHeader = ((bytes[0] ?? 0) & 0x0f) === 8 && (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) % 31 === 0;
  return hasHeader ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
}
