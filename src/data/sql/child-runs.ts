import type { SqlProcess } from "./sql-process.ts";
import type { ChildPool } from "./child-pool.ts";
import { openOfferedWork, type CopyOffer } from "./offered-copies.ts";
import { converse, type Conversation } from "./sql-conversation.ts";
import { memoryBytes, type KeptDraft, type StatementJob, type WireAnswer } from "./sql-wire.ts";
import { watchProcess } from "./watch-process.ts";
import { temporaryFiles } from "../workspace.ts";

export interface ChildRun<Result> extends Conversation {
  /** What to make of the answer. The files it tells of go with their process, which stays until this is done. */
  take: (answer: WireAnswer) => Promise<Result>;
  /**
   * Told that copies of sources are made from now on, and how long the statement took. Settles once they are in their
   * places, or given up.
   */
  onCopies: (keys: string[], drafts: Promise<KeptDraft[]>, tookMs: number) => Promise<void>;
}

/** Runs statements in processes of a pool, and lets a process make copies while nothing else is asked. */
export interface ChildRuns {
  run<Result>(job: StatementJob, run: ChildRun<Result>): Promise<Result>;
  /** Make no copies any more. */
  close(): void;
}

export interface ChildRunsOptions {
  workspace: string;
  diskLimitMb: number;
  /** How long nothing must have been asked before copies are made. */
  quietMs: number;
}

export function openChildRuns(pool: ChildPool, { workspace, diskLimitMb, quietMs }: ChildRunsOptions): ChildRuns {
  const offered = openOfferedWork({ pool, quietMs, watched });

  async function run<Result>(
    job: StatementJob,
    { take, onCopies, ...conversation }: ChildRun<Result>,
  ): Promise<Result> {
    const child = pool.take();
    const end = offered.begin(child);
    const started = performance.now();
    try {
      const { answer, reusable, copies } = await watched(child, job, (limits) => {
        const signal = AbortSignal.any([conversation.signal, limits]);
        return converse(child, job, { ...conversation, signal });
      });
      const tookMs = performance.now() - started;
      try {
        return await take(answer());
      } finally {
        if (reusable) pool.putBack(child, { preferred: copies !== undefined });
        else pool.kill(child);
        if (copies !== undefined) {
          const make: CopyOffer["onCopies"] = (keys, drafts) => onCopies(keys, drafts, tookMs);
          offered.add(child, { job, copies, onCopies: make });
        }
      }
    } finally {
      end();
    }
  }

  /** Do something with a process within the limits of a statement; its signal aborts when the process exceeds them. */
  async function watched<Result>(
    child: SqlProcess,
    job: StatementJob,
    work: (limits: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const { pid } = child;
    if (pid === undefined) return await work(new AbortController().signal);
    const outputs = job.output === undefined ? [] : [job.output.path];
    const watch = watchProcess(pid, {
      memoryBytes: memoryBytes(job),
      diskBytes: diskLimitMb * 1024 ** 2,
      written: async () => [...(await temporaryFiles(workspace, pid)), ...outputs],
    });
    try {
      return await work(watch.signal);
    } finally {
      watch.close();
    }
  }

  return { run, close: offered.close };
}
