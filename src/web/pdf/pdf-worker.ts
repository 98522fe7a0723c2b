import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { ToolError } from "../../errors.ts";
import { answerTasks } from "../../isolate/tasks.ts";
import { inflate } from "../inflate.ts";
import type { PdfAnswer, PdfTask } from "./pdf-task.ts";
import { readPdf } from "./read-pdf.ts";

/**
 * What a stream unpacks to lies outside of the heap that V8 bounds, and while it is unpacked nothing else runs in this
 * thread: another one watches the memory of the process and ends it.
 */
const maxResidentBytes = 900_000_000;
const watch = `setInterval(() => {
  if (process.memoryUsage.rss() > ${maxResidentBytes}) process.kill(process.pid, "SIGKILL");
}, 50)`;
new Worker(watch, { eval: true }).unref();

// The tasks come from `pdfs.ts` alone: their type is what it sends.
answerTasks((task) => answer(task as PdfTask));

async function answer({ bytes, contentEncoding, maxBytes }: PdfTask): Promise<PdfAnswer> {
  try {
    const file = inflate(bytes, contentEncoding, maxBytes);
    const sha256 = createHash("sha256").update(file).digest("hex");
    const sizeBytes = file.byteLength;
    return { ok: true, html: await readPdf(new Uint8Array(file)), sizeBytes, sha256 };
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    throw thrown;
  }
}
