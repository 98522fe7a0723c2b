import { availableParallelism } from "node:os";
import { ToolError } from "../errors.ts";
import { openPool } from "../isolate/pool.ts";
import { startThread } from "../isolate/thread.ts";
import { openByteRoom } from "./byte-room.ts";
import { likelyBytes } from "./inflate.ts";
import {
  pageAnswer,
  selectorsAnswer,
  sitemapAnswer,
  type PageAnswer,
  type PageTask,
  type SitemapAnswer,
} from "./page-task.ts";

/** Reads pages in threads of their own, where a hostile one can stall nobody. */
export interface Pages {
  /** Takes the bytes over. Throws only when the signal aborts. */
  read(task: BodyTask<"page">, signal: AbortSignal): Promise<PageAnswer>;
  /** As `read`. */
  readSitemap(task: BodyTask<"sitemap">, signal: AbortSignal): Promise<SitemapAnswer>;
  /** @throws ToolError `invalid_input` that names the selector that cannot be used and why */
  checkSelectors(css: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type BodyTask<Kind> = Omit<PageTask & { kind: Kind }, "kind" | "bytes"> & { bytes: Uint8Array<ArrayBuffer> };

const timeLimitMs = 10_000;
/** Of one thread: a server that reads any one page stays below 300 MB. No single allocation is large. */
const memoryMb = 104;
/** V8 would take twice as much and look for garbage half as often. */
const youngMb = 12;
/** Of pages that are read at a time, unless it is a single one. */
const maxBytesAtOnce = 1_000_000;
/** The threads start with the first page. */
export function openPages(): Pages {
  const count = Math.min(4, Math.max(2, availableParallelism() - 1));
  const pool = openPool(startThread("page-worker", memoryMb, youngMb), count);
  const room = openByteRoom(maxBytesAtOnce);

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

  async function inRoom(
    { bytes, contentEncoding, maxBytes }: Pick<BodyTask<"page">, "bytes" | "contentEncoding" | "maxBytes">,
    signal: AbortSignal,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const likely = likelyBytes(bytes, contentEncoding, maxBytes);
    const place = await room.enter({ bytes: likely, isFirst: () => false }, signal);
    return work().finally(place.leave);
  }

  return {
    read: (task, signal) =>
      unlessRefused(signal, async () =>
        pageAnswer.parse(await inRoom(task, signal, () => ask({ kind: "page", ...task }, signal, [task.bytes.buffer]))),
      ),
    readSitemap: (task, signal) =>
      unlessRefused(signal, async () =>
        sitemapAnswer.parse(
          await inRoom(task, signal, () => ask({ kind: "sitemap", ...task }, signal, [task.bytes.buffer])),
        ),
      ),
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

async function unlessRefused<Answer>(
  signal: AbortSignal,
  read: () => Promise<Answer>,
): Promise<Answer | (PageAnswer & { ok: false })> {
  try {
    return await read();
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ToolError) return { ok: false, code: thrown.code, message: thrown.message };
    throw thrown;
  }
}
