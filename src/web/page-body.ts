import { ToolError } from "../errors.ts";
import { countPassing } from "../isolate/collect-garbage.ts";
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

/** Bodies up to this size are received at once: many may be on their way. */
const smallBytes = 262_144;

/**
 * Read the body of a page into memory.
 *
 * @param makeRoom waits until so many bytes of a large body may be received, and again with more of them
 * @throws ToolError `unreadable` for a content type that is not welcome, `too_large`
 */
export async function receivePage(
  { url, header, body }: OpenReply,
  limits: PageLimits,
  makeRoom: (bytes: number) => Promise<void>,
): Promise<PageBody> {
  const { maxBytes, overflow } = limits;
  const contentType = header("content-type");
  if (!limits.isWelcome(contentType, url)) {
    const type = cutText(contentType, 80);
    throw new ToolError("unreadable", `${url.host}: the page is ${type}; only HTML, PDF, JSON and other text is read`);
  }
  const announced = Number(header("content-length"));
  if (overflow === "error" && announced > maxBytes) throw tooLarge(url, maxBytes);
  const received = openBytes();
  let expected = smallBytes;
  let sizeBytes = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave a body that is not bytes");
    const nextBytes = sizeBytes + chunk.byteLength;
    if (nextBytes > maxBytes && overflow === "error") throw tooLarge(url, maxBytes);
    if (nextBytes > expected) {
      expected = Math.min(Math.max(announced || 0, 4 * expected, nextBytes), maxBytes);
      await makeRoom(expected);
    }
    received.add(chunk.subarray(0, maxBytes - sizeBytes), expected);
    sizeBytes = nextBytes;
    if (sizeBytes > maxBytes) break;
  }
  return { contentType, contentEncoding: header("content-encoding"), bytes: received.end() };
}

function tooLarge(url: URL, maxBytes: number): ToolError {
  return new ToolError("too_large", `${url.host}: the page is larger than ${maxBytes / 1_000_000} MB`);
}

/**
 * Makes one buffer, which can move to another thread, of what comes in pieces. The pieces of a small body are kept until
 * it is there. Those of a large one are copied as they come: they would lie about until much garbage is collected.
 */
function openBytes() {
  const pieces: Uint8Array[] = [];
  let whole: Uint8Array<ArrayBuffer> | undefined;
  let size = 0;
  return {
    /** @param expected how many there may be */
    add(piece: Uint8Array, expected: number): void {
      if (expected <= smallBytes) pieces.push(piece);
      else {
        whole = whole === undefined ? join(pieces.splice(0), expected) : resized(whole, expected);
        whole.set(piece, size);
        countPassing(piece.byteLength);
      }
      size += piece.byteLength;
    },
    end: () => (whole === undefined ? join(pieces, size) : resized(whole, size)),
  };
}

function resized(bytes: Uint8Array<ArrayBuffer>, sizeBytes: number): Uint8Array<ArrayBuffer> {
  return bytes.byteLength === sizeBytes ? bytes : new Uint8Array(bytes.buffer.transfer(sizeBytes));
}

/** `Buffer.concat` may give a part of a buffer that others use too. */
function join(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.byteLength;
  }
  return whole;
}
