import { hash } from "node:crypto";
import { ToolError } from "../errors.ts";
import { encodeJson, type JsonBytes } from "../text/json-bytes.ts";
import type { JsonValue } from "../message.ts";
import { readSitemap } from "./crawl/read-sitemap.ts";
import { inflate } from "./inflate.ts";
import type { BodyTask, PageAnswer, PageTask, SitemapAnswer } from "./page-task.ts";
import { decodePage, readText } from "./page.ts";
import { selectorProblem } from "./select.ts";

/** What a task came to. `outgrown`: the body, which belongs where large ones are read. */
export type Answered = PageAnswer | SitemapAnswer | (string | null)[] | { outgrown: Uint8Array<ArrayBuffer> };

export interface Answering {
  /** Bodies that come to more than this unpacked are given back. Default: none. */
  outgrownBytes?: number;
  /** How what a page says becomes JSON. Default: in pieces that are kept. */
  encode?: (value: JsonValue, shownChars: number) => JsonBytes;
  /** A page has been read, and is to be encoded next. */
  whenRead?: () => void;
}

/** Do one task of those in `page-task.ts`. Throws what is a defect, and where memory runs out. */
export async function answerPage(
  task: PageTask,
  { outgrownBytes = Infinity, encode = encodeJson, whenRead = () => {} }: Answering = {},
): Promise<Answered> {
  if (task.kind === "selectors") return Promise.all(task.css.map(async (css) => (await selectorProblem(css)) ?? null));
  return unlessRefused(async () => {
    const body = unpack(task, outgrownBytes);
    if (body === undefined) return { outgrown: task.bytes };
    return task.kind === "page" ? readBody(task, body, { encode, whenRead }) : readList(task, body);
  });
}

interface Body {
  bytes: Uint8Array;
  /** Whether it was a file that is compressed itself, as sitemaps are. */
  isFile: boolean;
  buffers: Set<ArrayBufferLike>;
}

function unpack(task: BodyTask, outgrownBytes: number): Body | undefined {
  const maxBytes = Math.min(task.maxBytes, outgrownBytes);
  try {
    const body = inflate(task.bytes, task.contentEncoding, maxBytes);
    const isFile = task.kind === "page" && body[0] === 0x1f && body[1] === 0x8b;
    const bytes = isFile ? inflate(body, "gzip", maxBytes) : body;
    return { bytes, isFile, buffers: new Set([task.bytes.buffer, body.buffer, bytes.buffer]) };
  } catch (thrown) {
    if (maxBytes < task.maxBytes && thrown instanceof ToolError && thrown.code === "too_large") return undefined;
    throw thrown;
  }
}

const largeBytes = 1_000_000;

/** Free the bytes at once: a large page needs the room. A buffer of zlib's may be shared, and is no large one then. */
function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > largeBytes) buffer.transfer(0);
}

async function readBody(
  task: PageTask & { kind: "page" },
  { bytes, isFile, buffers }: Body,
  { encode, whenRead }: Required<Omit<Answering, "outgrownBytes">>,
): Promise<PageAnswer & { ok: true }> {
  const sha256 = hash("sha256", bytes, "hex");
  const sizeBytes = bytes.byteLength;
  const decoded = decodePage(bytes, isFile ? "" : task.contentType);
  for (const buffer of buffers) release(buffer);
  const page = await readText(decoded, task);
  whenRead();
  const content = encode(page.content, task.shownChars);
  const selected = page.selected.map((value) => encode(value, task.shownChars));
  return { ok: true, ...page, content, selected, sizeBytes, sha256 };
}

function readList(task: PageTask & { kind: "sitemap" }, { bytes }: Body): SitemapAnswer & { ok: true } {
  return { ok: true, sitemap: readSitemap(bytes, task.contentType, task.address) };
}

async function unlessRefused<Answer>(read: () => Promise<Answer>): Promise<Answer | (PageAnswer & { ok: false })> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    if (thrown instanceof RangeError) return { ok: false, code: "too_large", message: "the page is too large to read" };
    throw thrown;
  }
}
