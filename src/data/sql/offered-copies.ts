import type { ChildProcess } from "node:child_process";
import type { ChildPool } from "./child-pool.ts";
import type { OfferedCopies } from "./sql-conversation.ts";
import type { KeptDraft, StatementJob } from "./sql-wire.ts";

/** What a process offers to make once it has answered. */
export interface CopyOffer {
  job: StatementJob;
  copies: OfferedCopies;
  /** Copies are made from now on. Settles once they are in their places, or given up. */
  keep: (keys: string[], drafts: Promise<KeptDraft[]>) => Promise<void>;
}

/** Copies that wait for a moment in which nothing is asked. */
export interface OfferedWork {
  /** A statement begins, and its process forgets what it offered. Gives what to call once the statement has ended. */
  begin(child: ChildProcess): () => void;
  /** Make copies when it is quiet, if their process still waits then. */
  add(child: ChildProcess, offer: CopyOffer): void;
}

export interface OfferedWorkOptions {
  pool: ChildPool;
  /** Do something with a process within the limits of a statement; its signal aborts when the process exceeds them. */
  watched: <Result>(
    child: ChildProcess,
    job: StatementJob,
    work: (limits: AbortSignal) => Promise<Result>,
  ) => Promise<Result>;
}

/** Who asks without a pause has the processor for the next question; nobody thinks as fast. */
const quietMs = 100;
const keepTimeoutMs = 600_000;

export function openOfferedWork({ pool, watched }: OfferedWorkOptions): OfferedWork {
  const timers = new Map<ChildProcess, NodeJS.Timeout>();
  let statementCount = 0;
  let isMaking = false;

  function add(child: ChildProcess, offer: CopyOffer): void {
    const accept = () => {
      if (statementCount > 0) return add(child, offer);
      timers.delete(child);
      // One process at a time makes copies; what another would make is made when somebody asks again.
      if (!isMaking && pool.claim(child)) void make(child, offer);
    };
    timers.set(child, setTimeout(accept, quietMs).unref());
  }

  async function make(child: ChildProcess, { job, copies, keep }: CopyOffer): Promise<void> {
    isMaking = true;
    const drafts = copies.make();
    await watched(child, job, async (limits) => {
      const stopped = AbortSignal.any([limits, AbortSignal.timeout(keepTimeoutMs)]);
      const { promise: givenUp, resolve } = Promise.withResolvers<KeptDraft[]>();
      const giveUp = () => {
        resolve([]);
        pool.kill(child);
      };
      stopped.addEventListener("abort", giveUp, { once: true });
      await keep(copies.keys, Promise.race([drafts, givenUp]));
      stopped.removeEventListener("abort", giveUp);
    });
    isMaking = false;
    const isDone = await drafts.then(
      () => true,
      () => false,
    );
    if (isDone) pool.putBack(child);
    else pool.kill(child);
  }

  return {
    begin(child) {
      clearTimeout(timers.get(child));
      timers.delete(child);
      statementCount += 1;
      return () => (statementCount -= 1);
    },
    add,
  };
}
