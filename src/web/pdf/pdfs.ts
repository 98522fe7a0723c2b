import { ToolError } from "../../errors.ts";
import { openPool } from "../../isolate/pool.ts";
import { startProcess } from "../../isolate/process.ts";
import { pdfAnswer, type PdfAnswer, type PdfTask } from "./pdf-task.ts";

/** Reads PDF documents in a process of its own, which is killed where one takes too much. */
export interface Pdfs {
  /** The document as HTML, or why there is none. Throws only the signal's reason. */
  read(task: PdfTask, signal: AbortSignal): Promise<PdfAnswer>;
  close(): Promise<void>;
}

const timeLimitMs = 20_000;
const memoryMb = 512;
const idleMs = 30_000;

/** The process starts with the first document. */
export function openPdfs(): Pdfs {
  const pool = openPool(startProcess("pdf-worker", memoryMb), 1, { idleMs });
  return {
    async read(task, signal) {
      const outcome = await pool.run(task, { timeoutMs: timeLimitMs, signal, onAbort: "stop" });
      switch (outcome.kind) {
        case "answer":
          return pdfAnswer.parse(outcome.value);
        case "timeout":
          return refused("timeout", `the PDF took longer than ${timeLimitMs / 1_000} s to read`);
        case "crashed":
          return refused("too_large", "the PDF takes too much memory to read");
        case "closed":
          throw new ToolError("cancelled", "the scraper was closed");
      }
    },
    close: () => pool.close(),
  };
}

function refused(code: "timeout" | "too_large", message: string): PdfAnswer {
  return { ok: false, code, message };
}

/** Whether a reply is a PDF, by its type or else by how it begins. */
export function isPdf(contentType: string, bytes: Uint8Array): boolean {
  if (isPdfType(contentType)) return true;
  return /^\s*%PDF-\d/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 64)));
}

export function isPdfType(contentType: string): boolean {
  return /^\s*application\/(?:x-)?pdf\s*(?:;|$)/i.test(contentType);
}
