import { ToolError } from "../errors.ts";
import { countPassing } from "../isolate/collect-garbage.ts";
import { cutText } from "../text/text.ts";
import { heldInMemory, type BodyFile, type HeldBytes } from "./body-file.ts";
import type { OpenReply } from "./exchange.ts";

/** The body of a page as it came over the wire, and what its head says of it. */
export interface PageBody extends BodyHead {
  held: HeldBytes;
}

/** As `PageBody`, all of it in memory. */
export interface WholeBody extends BodyHead {
  bytes: Uint8Array<ArrayBuffer>;
}

interface BodyHead {
  contentType: string;
  contentEncoding: string;
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

/** Bodies up to this size are received into memory. */
export const smallBodyBytes = 262_144;

/**
 * Receive the body of a page: a small one into memory, any other into a file.
 *
 * @param fileFor waits until so many bytes may be received and gives the file for them, the same again for more of them
 * @throws ToolError `unreadable` for a content type that is not welcome, `too_large`
 */
export async function receivePage(
  reply: OpenReply,
  limits: PageLimits,
  fileFor: (bytes: number) => Promise<BodyFile>,
): Promise<PageBody> {
  const announced = Number(reply.header("content-length")) || 0;
  if (announced > 0 && announced <= smallBodyBytes) return { ...headOf(reply), held: await wholeOf(reply, limits) };
  const pieces: Uint8Array[] = [];
  let file: BodyFile | undefined;
  let expected = smallBodyBytes;
  let sizeBytes = 0;
  for await (const piece of piecesOf(reply, limits)) {
    pieces.push(piece);
    sizeBytes += piece.byteLength;
    if (sizeBytes > expected) {
      expected = Math.min(Math.max(announced, 4 * expected, sizeBytes), limits.maxBytes);
      file = await fileFor(expected);
    }
    if (file === undefined) continue;
    for (const one of pieces.splice(0)) {
      file.add(one);
      countPassing(one.byteLength);
    }
  }
  return { ...headOf(reply), held: file ?? heldInMemory(join(pieces, sizeBytes)) };
}

/** A small body of a length that is known, and that the client holds its server to: to take it in pieces costs twice as much. */
async function wholeOf(reply: OpenReply, limits: PageLimits): Promise<HeldBytes> {
  checkHead(reply, limits);
  const bytes = await reply.body.bytes();
  return heldInMemory(join([bytes.subarray(0, limits.maxBytes)], Math.min(bytes.byteLength, limits.maxBytes)));
}

/** As `receivePage`, of what is never large. */
export async function receiveWhole(reply: OpenReply, limits: PageLimits): Promise<WholeBody> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of piecesOf(reply, limits)) {
    pieces.push(piece);
    sizeBytes += piece.byteLength;
  }
  return { ...headOf(reply), bytes: join(pieces, sizeBytes) };
}

function headOf({ header }: OpenReply): BodyHead {
  return { contentType: header("content-type"), contentEncoding: header("content-encoding") };
}

function checkHead({ url, header }: OpenReply, { maxBytes, overflow, isWelcome }: PageLimits): void {
  const contentType = header("content-type");
  if (!isWelcome(contentType, url)) {
    const type = cutText(contentType, 80);
    throw new ToolError("unreadable", `${url.host}: the page is ${type}; only HTML, PDF, JSON and other text is read`);
  }
  if (overflow === "error" && Number(header("content-length")) > maxBytes) throw tooLarge(url, maxBytes);
}

/** What comes of a body, as far as it is wanted. */
async function* piecesOf(reply: OpenReply, limits: PageLimits): AsyncGenerator<Uint8Array> {
  const { maxBytes, overflow } = limits;
  checkHead(reply, limits);
  let sizeBytes = 0;
  for await (const chunk of reply.body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("undici gave a body that is not bytes");
    const room = maxBytes - sizeBytes;
    if (chunk.byteLength > room && overflow === "error") throw tooLarge(reply.url, maxBytes);
    yield chunk.subarray(0, room);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > maxBytes) return;
  }
}

function tooLarge(url: URL, maxBytes: number): ToolError {
  return new ToolError("too_large", `${url.host}: the page is larger than ${maxBytes / 1_000_000} MB`);
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
