import { createHash } from "node:crypto";
import { ToolError } from "../errors.ts";
import { answerTasks } from "../isolate/tasks.ts";
import { maxSitemapBytes, readSitemap } from "./crawl/read-sitemap.ts";
import { inflate } from "./inflate.ts";
import type { PageAnswer, PageTask, SitemapAnswer } from "./page-task.ts";
import { readPage } from "./page.ts";
import { selectorProblem } from "./select.ts";

// The tasks come from `pages.ts` alone, structured-cloned: their type is what it sends.
answerTasks((task) => answer(task as PageTask));

async function answer(task: PageTask): Promise<PageAnswer | SitemapAnswer | (string | null)[]> {
  if (task.kind === "page") return unlessRefused(() => readBody(task));
  if (task.kind === "sitemap") return unlessRefused(() => readList(task));
  return Promise.all(task.css.map(async (css) => (await selectorProblem(css)) ?? null));
}

async function readBody(task: PageTask & { kind: "page" }): Promise<PageAnswer & { ok: true }> {
  const body = inflate(task.bytes, task.contentEncoding, task.maxBytes);
  // A file that is compressed itself, as sitemaps are.
  const isFile = body[0] === 0x1f && body[1] === 0x8b;
  const bytes = isFile ? inflate(body, "gzip", task.maxBytes) : body;
  const page = await readPage({ ...task, bytes, contentType: isFile ? "" : task.contentType });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ok: true, ...page, sizeBytes: bytes.byteLength, sha256 };
}

async function readList(task: PageTask & { kind: "sitemap" }): Promise<SitemapAnswer & { ok: true }> {
  const bytes = inflate(task.bytes, task.contentEncoding, maxSitemapBytes);
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
