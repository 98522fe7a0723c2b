import { createHash } from "node:crypto";
import { ToolError } from "../errors.ts";
import { answerTasks } from "../isolate/tasks.ts";
import { inflate } from "./inflate.ts";
import type { PageAnswer, PageTask } from "./page-task.ts";
import { readPage } from "./page.ts";
import { selectorProblem } from "./select.ts";

// The tasks come from `pages.ts` alone, structured-cloned: their type is what it sends.
answerTasks((task) => answer(task as PageTask));

async function answer(task: PageTask): Promise<PageAnswer | (string | null)[]> {
  if (task.kind === "page") return readBody(task);
  return Promise.all(task.css.map(async (css) => (await selectorProblem(css)) ?? null));
}

async function readBody(task: PageTask & { kind: "page" }): Promise<PageAnswer> {
  try {
    const body = inflate(task.bytes, task.contentEncoding, task.maxBytes);
    // A file that is compressed itself, as sitemaps are.
    const isFile = body[0] === 0x1f && body[1] === 0x8b;
    const bytes = isFile ? inflate(body, "gzip", task.maxBytes) : body;
    const page = await readPage({ ...task, bytes, contentType: isFile ? "" : task.contentType });
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { ok: true, ...page, sizeBytes: bytes.byteLength, sha256 };
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    if (thrown instanceof RangeError) return { ok: false, code: "too_large", message: "the page is too large to read" };
    throw thrown;
  }
}
