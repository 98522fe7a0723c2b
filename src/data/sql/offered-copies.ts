import type { SqlProcess } from "./sql-process.ts";
import type { ChildPool } from "./child-pool.ts";
import type { OfferedCopies } from "./sql-conversation.ts";
import type { KeptDraft, StatementJob } from "./sql-wire.ts";

/** What a process offers to make once it has answered. */
export interface CopyOffer {
  job: StatementJob;
  copies: OfferedCopies;
  /** Told that copies are made from now on. Settles once they are in their places, or given up. */
  onCopies: (keys: string[], drafts: Promise<KeptDraft[]>) => Promise<void>;
}

/** Copies that wait for a moment in which nothing is asked. They are made by one process at a time. */
export interface OfferedWork {
  /** A statement begins, and its process forgets what it offered. Gives what to call once the statement has ended. */
  begin(child: SqlProcess): () => void;
  /** Make copies when it is quiet, if their process still waits then. */
  add(child: SqlProcess, offer: CopyOffer): void;
  /** Begin nothing any more. */
  close(): void;
}

export interface OfferedWorkOptions {
  pool: ChildPool;
  /** How long nothing must have been asked. */
  quietMs: number;
  /** Do something with a process within the limits of a statement; its signal aborts when the process exceeds them. */
  watched: <Result>(
    child: SqlProcess,
    job: StatementJob,
    work: (limits: AbortSignal) => Promise<Result>,
  ) => Promise<Result>;
}

const copyTimeoutMs = 600_000;

export function openOfferedWork({ pool, quietMs, watched }: OfferedWorkOptions): OfferedWork {
  const offers = new Map<SqlProcess, CopyOffer>();
  let timer: NodeJS.Timeout | undefined;
  let statementCount = 0;
  let isMaking = false;

  /** Begin to wait anew, where there is something to wait for. */
  function wait(): void {
    clearTimeout(timer);
    if (statementCount === 0 && !isMaking && offers.size > 0) timer = setTimeout(makeNext, quietMs).unref();
  }

  function makeNext(): void {
    for (const [child, offer] of offers) {
      offers.delete(child);
      // one that has ended since, or that gave way to another, makes nothing
      if (pool.claim(child)) return void make(child, offer);
    }
  }

  async function make(child: SqlProcess, { job, copies, onCopies }: CopyOffer): Promise<void> {
    isMaking = true;
    const drafts = copies.make();
    const isDone = drafts.then(
      () => true,
      () => false,
    );
    try {
      await watched(child, job, async (limits) => {
        const stopped = AbortSignal.any([limits, AbortSignal.timeout(copyTimeoutMs)]);
        stopped.addEventListener("abort", () => pool.kill(child), { once: true });
        await onCopies(copies.keys, orNone(drafts, stopped));
      });
    } finally {
      isMaking = false;
      if (await isDone) pool.putBack(child);
      else pool.kill(child);
      wait();
    }
  }

  return {
    begin(child) {
      offers.delete(child);
      statementCount += 1;
      clearTimeout(timer);
      return () => {
        statementCount -= 1;
        wait();
      };
    },
    add(child, offer) {
      offers.set(child, offer);
      wait();
    },
    close() {
      offers.clear();
      clearTimeout(timer);
    },
  };
}

/** None as soon as the signal aborts. */
function orNone(drafts: Promise<KeptDraft[]>, stopped: AbortSignal): Promise<KeptDraft[]> {
  const { promise: none, resolve } = Promise.withResolvers<KeptDraft[]>();
  stopped.addEventListener("abort", () => resolve([]), { once: true });
  return Promise.race([drafts, none]);
}
