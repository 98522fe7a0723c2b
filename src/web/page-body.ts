import { ToolError } from "../errors.ts";
import { cutText } from "../text.ts";
import type { OpenReply } from "./exchange.ts";

/** The body of a page as it came over the wire, and what its head says of it. */
export interface PageBody {
  contentType: string;
  contentEncoding: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface PageLimits {
  /** Of the body as it comes over the wire. */
  maxBytes: number;
  /** What to do with a body that is longer. */
  overflow: "error" | "cut";
  /** Whether a body of this content type, from this address, is worth reading. */
  isWelcome: (contentType: string, url: URL) => boolean;
}

/** What a page is asked for with. */
export function pageHeaders(acceptEncoding: string): Readonly<Record<string, string>> {
  return {
    accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-encoding": acceptEncoding,
  };
}

/**
 * Read the body of a page into memory.
 *
 * @throws ToolError `unreadable` for a content type that is not welcome, `too_large`
 */
export async function receivePage({ url, header, body }: OpenReply, limits: PageLimits): Promise<PageBody> {
  const { maxBytes, overflow } = limits;
  const contentType = header("content-type");
  if (!limits.isWelcome(contentType, url)) {
    const type = cutText(contentType, 80);
    throw new ToolError("unreadable", `${url.host}: the page is ${type}; only HTML, PDF, JSON and other text is read`);
  }
  if (overflow === "error" && Number(header("content-length")) > maxBytes) throw tooLarge(url, maxBytes);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave a body that is not bytes");
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) break;
  }
  if (sizeBytes > maxBytes && overflow === "error") throw tooLarge(url, maxBytes);
  const bytes = join(chunks, Math.min(sizeBytes, maxBytes));
  return { contentType, contentEncoding: header("content-encoding"), bytes };
}

function tooLarge(url: URL, maxBytes: number): ToolError {
  return new ToolError("too_large", `${url.host}: the page is larger than ${maxBytes / 1_000_000} MB`);
}

/** One buffer of its own, which can move to another thread; `Buffer.concat` may share one. */
function join(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk.subarray(0, sizeBytes - offset), offset);
    offset += chunk.byteLength;
  }
  return whole;
}
