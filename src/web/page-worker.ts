import { createHash } from "node:crypto";
import { ToolError } from "../errors.ts";
import { answerTasks } from "../isolate/tasks.ts";
import { collectGarbage } from "../isolate/collect-garbage.ts";
import { encodeJson } from "../json-bytes.ts";
import { readSitemap } from "./crawl/read-sitemap.ts";
import { inflate } from "./inflate.ts";
import type { PageAnswer, PageTask, SitemapAnswer } from "./page-task.ts";
import { decodePage, readText } from "./page.ts";
import { selectorProblem } from "./select.ts";

// The tasks come from `pages.ts` alone, structured-cloned: their type is what it sends.
answerTasks((task) => answer(task as PageTask).finally(tidyUp), buffersOf);

/** What a thread keeps for its next page, and what it keeps while it has none: then another may read a large one. */
const keptMb = 64;
const keptIdleMb = 24;
const idleMs = 50;

const idle = setTimeout(() => collectGarbage(keptIdleMb), idleMs).unref();

function tidyUp(): void {
  setImmediate(() => collectGarbage(keptMb));
  idle.refresh();
}

type Answered = PageAnswer | SitemapAnswer | (string | null)[];

async function answer(task: PageTask): Promise<Answered> {
  if (task.kind === "page") return unlessRefused(() => readBody(task));
  if (task.kind === "sitemap") return unlessRefused(() => readList(task));
  return Promise.all(task.css.map(async (css) => (await selectorProblem(css)) ?? null));
}

const largeBytes = 1_000_000;

/** Free the bytes at once: a large page needs the room. A buffer of zlib's may be shared, and is no large one then. */
function release(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > largeBytes) buffer.transfer(0);
}

async function readBody(task: PageTask & { kind: "page" }): Promise<PageAnswer & { ok: true }> {
  const body = inflate(task.bytes, task.contentEncoding, task.maxBytes);
  // A file that is compressed itself, as sitemaps are.
  const isFile = body[0] === 0x1f && body[1] === 0x8b;
  const bytes = isFile ? inflate(body, "gzip", task.maxBytes) : body;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const sizeBytes = bytes.byteLength;
  const decoded = decodePage(bytes, isFile ? "" : task.contentType);
  if (sizeBytes > largeBytes) {
    for (const { buffer } of new Set([task.bytes, body, bytes])) release(buffer);
  }
  const page = await readText(decoded, task);
  const content = encodeJson(page.content, task.shownChars);
  const selected = page.selected.map((value) => encodeJson(value, task.shownChars));
  return { ok: true, ...page, content, selected, sizeBytes, sha256 };
}

/** What a page says may be large, and is only written to a file: it is handed over, not copied. */
function buffersOf(answered: Answered): ArrayBuffer[] {
  if (!("ok" in answered) || !answered.ok || !("content" in answered)) return [];
  return [answered.content, ...answered.selected].flatMap(({ pieces }) => pieces.map(({ buffer }) => buffer));
}

async function readList(task: PageTask & { kind: "sitemap" }): Promise<SitemapAnswer & { ok: true }> {
  const bytes = inflate(task.bytes, task.contentEncoding, task.maxBytes);
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
