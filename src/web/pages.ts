import { availableParallelism } from "node:os";
import { ToolError } from "../errors.ts";
import { openPool } from "../isolate/pool.ts";
import { startThread } from "../isolate/thread.ts";
import { pageAnswer, selectorsAnswer, type PageAnswer, type PageTask } from "./page-task.ts";

/** Reads pages in threads of their own, where a hostile one can stall nobody. */
export interface Pages {
  /** Takes the bytes over. Throws only when the signal aborts. */
  read(
    task: Omit<PageTask & { kind: "page" }, "kind" | "bytes"> & { bytes: Uint8Array<ArrayBuffer> },
    signal: AbortSignal,
  ): Promise<PageAnswer>;
  /** @throws ToolError `invalid_input` that names the selector that cannot be used and why */
  checkSelectors(css: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const timeLimitMs = 10_000;
/** What half a million elements in a tree take, twice. A page is bounded in bytes, so no single allocation is large. */
const memoryMb = 1_024;

/** The threads start with the first page. */
export function openPages(): Pages {
  const count = Math.min(4, Math.max(2, availableParallelism() - 1));
  const pool = openPool(startThread("page-worker", memoryMb), count);

  async function ask(task: PageTask, signal: AbortSignal, transfer: ArrayBuffer[]): Promise<unknown> {
    const outcome = await pool.run(task, { timeoutMs: timeLimitMs, signal, transfer });
    if (outcome.kind === "answer") return outcome.value;
    if (outcome.kind === "timeout") {
      throw new ToolError(
        "timeout",
        `reading took longer than ${timeLimitMs / 1_000} s; extract text, or simplify the selectors`,
      );
    }
    if (outcome.kind === "closed") throw new ToolError("cancelled", "the scraper was closed");
    throw new ToolError("unreadable", "the page cannot be read: it takes too much memory", { cause: outcome.cause });
  }

  return {
    async read(task, signal) {
      try {
        return pageAnswer.parse(await ask({ kind: "page", ...task }, signal, [task.bytes.buffer]));
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
        throw thrown;
      }
    },
    async checkSelectors(css, signal) {
      const problems = selectorsAnswer.parse(await ask({ kind: "selectors", css: [...css] }, signal, []));
      const wrong = problems.findIndex((problem) => problem !== null);
      if (wrong < 0) return;
      throw new ToolError(
        "invalid_input",
        `select: \`${css[wrong]}\` is no CSS selector that can be used (${problems[wrong]})`,
      );
    },
    close: () => pool.close(),
  };
}
