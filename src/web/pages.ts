import { availableParallelism } from "node:os";
import { z } from "zod";
import { ToolError } from "../errors.ts";
import { startByteProcess } from "../isolate/byte-process.ts";
import { collectGarbage } from "../isolate/collect-garbage.ts";
import { keepObjectsYoung } from "../isolate/keep-young.ts";
import { openPool, beginWith, type Outcome, type StartRunner } from "../isolate/pool.ts";
import { openByteRoom } from "./byte-room.ts";
import { likelyBytes } from "./inflate.ts";
import { byteAnswer, withPieces } from "./page-pieces.ts";
import { startPageThread } from "./start-page-thread.ts";
import {
  pageAnswer,
  selectorsAnswer,
  sitemapAnswer,
  smallPageBytes,
  type BodyTask,
  type PageAnswer,
  type PageTask,
  type SitemapAnswer,
} from "./page-task.ts";

/** Reads pages where a hostile one can stall nobody: small ones in threads, others in a process that may be lost. */
export interface Pages {
  /** Takes the bytes over. Throws only when the signal aborts. */
  read(task: TaskOf<"page">, signal: AbortSignal): Promise<PageAnswer>;
  /** As `read`. */
  readSitemap(task: TaskOf<"sitemap">, signal: AbortSignal): Promise<SitemapAnswer>;
  /** @throws ToolError `invalid_input` that names the selector that cannot be used and why */
  checkSelectors(css: readonly string[], signal: AbortSignal): Promise<void>;
  /** Start a thread for the first page, where none runs. */
  prepare(): void;
  close(): Promise<void>;
}

export type TaskOf<Kind> = Omit<BodyTask & { kind: Kind }, "kind">;

const timeLimitMs = 10_000;
/** Of a process, which may have to be started first. */
const largeTimeLimitMs = 15_000;
/** Of pages that are read by threads at a time. */
const maxBytesAtOnce = 1_000_000;
/** After robots.txt and a first page it counts what pages leave behind, and not how soon the first is there. */
const manyPages = 3;
/** What this thread may keep of garbage while that process reads; 25 MB are in use. */
const keptMb = 32;
/**
 * A server that reads any one page stays below 300 MB. The process that reads it has nothing to do beside: V8's own threads
 * give back what is collected while it is busy, which is 20 MB.
 */
const largeFlags = ["--max-old-space-size=96", "--max-semi-space-size=4", "--no-allocation-site-pretenuring"];
/** How long that process waits for another page. */
const largeIdleMs = 1_000;

/**
 * The threads start with the first page, the process with the first that is large.
 *
 * @param first a thread that was started already
 */
export function openPages(first?: StartRunner): Pages {
  const count = Math.min(4, Math.max(2, availableParallelism() - 1));
  const threads = openPool(beginWith(first, startPageThread), count);
  const large = openPool(startByteProcess("page-child", largeFlags), 1, { idleMs: largeIdleMs });
  const room = openByteRoom(maxBytesAtOnce);

  let asked = 0;

  async function ask(task: PageTask, signal: AbortSignal, transfer: ArrayBuffer[]): Promise<unknown> {
    asked += 1;
    if (asked === manyPages) keepObjectsYoung();
    return answerOf(await threads.run(task, { timeoutMs: timeLimitMs, signal, transfer }));
  }

  async function askInRoom(task: BodyTask, likely: number, signal: AbortSignal): Promise<unknown> {
    const place = await room.enter({ bytes: likely, isFirst: () => false }, signal);
    return ask(task, signal, [task.bytes.buffer]).finally(place.leave);
  }

  async function askProcess(task: BodyTask, signal: AbortSignal): Promise<unknown> {
    collectGarbage(keptMb);
    threads.stopIdle(); // each holds 20 MB, and starts in less time than a large page takes
    const outcome = await large.run(task, { timeoutMs: largeTimeLimitMs, signal });
    return withPieces(byteAnswer.parse(answerOf(outcome)));
  }

  /** How large a body is unpacked may only be seen on the way. */
  async function read(task: BodyTask, signal: AbortSignal): Promise<unknown> {
    const likely = likelyBytes(task.bytes, task.contentEncoding, task.maxBytes);
    if (likely > smallPageBytes) return askProcess(task, signal);
    const answer = await askInRoom(task, likely, signal);
    const outgrown = outgrownAnswer.safeParse(answer).data;
    return outgrown === undefined ? answer : askProcess({ ...task, bytes: outgrown.outgrown }, signal);
  }

  return {
    read: (task, signal) =>
      unlessRefused(signal, async () => pageAnswer.parse(await read({ kind: "page", ...task }, signal))),
    readSitemap: (task, signal) =>
      unlessRefused(signal, async () => sitemapAnswer.parse(await read({ kind: "sitemap", ...task }, signal))),
    async checkSelectors(css, signal) {
      const problems = selectorsAnswer.parse(await ask({ kind: "selectors", css: [...css] }, signal, []));
      const wrong = problems.findIndex((problem) => problem !== null);
      if (wrong < 0) return;
      throw new ToolError(
        "invalid_input",
        `select: \`${css[wrong]}\` is no CSS selector that can be used (${problems[wrong]})`,
      );
    },
    prepare: threads.prepare,
    async close() {
      await Promise.all([threads.close(), large.close()]);
    },
  };
}

const outgrownAnswer = z.object({ outgrown: z.instanceof(Uint8Array<ArrayBuffer>) });

/** @throws ToolError where there is none */
function answerOf(outcome: Outcome): unknown {
  switch (outcome.kind) {
    case "answer":
      return outcome.value;
    case "timeout":
      throw new ToolError("timeout", "reading took too long; extract links or html, or simplify the selectors");
    case "closed":
      throw new ToolError("cancelled", "the scraper was closed");
    case "crashed":
      throw new ToolError(
        "too_large",
        "the page takes more memory to read than a page may; extract links or html, or select less",
        { cause: outcome.cause },
      );
  }
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
