import type { ChildProcess } from "node:child_process";
import type { ChildPool } from "./child-pool.ts";
import { openOfferedWork } from "./offered-copies.ts";
import { converse, type Conversation } from "./sql-conversation.ts";
import { memoryBytes, type KeptDraft, type StatementJob, type WireAnswer } from "./sql-wire.ts";
import { watchProcess } from "./watch-process.ts";
import { temporaryFiles } from "../workspace.ts";

export interface ChildRun<Result> extends Conversation {
  /** What to make of the answer. The files it tells of go with their process, which stays until this is done. */
  take: (answer: WireAnswer) => Promise<Result>;
  /** Copies of sources are made from now on, for the next statement. Settles once they are in their places, or given up. */
  keep: (keys: string[], drafts: Promise<KeptDraft[]>) => Promise<void>;
}

/** Runs statements in processes of a pool, and lets a process make copies while nothing else is asked. */
export interface ChildRuns {
  run<Result>(job: StatementJob, run: ChildRun<Result>): Promise<Result>;
}

export function openChildRuns(
  pool: ChildPool,
  { workspace, diskLimitMb }: { workspace: string; diskLimitMb: number },
): ChildRuns {
  const offered = openOfferedWork({ pool, watched });

  async function run<Result>(job: StatementJob, { take, keep, ...conversation }: ChildRun<Result>): Promise<Result> {
    const child = pool.take();
    const end = offered.begin(child);
    try {
      const { answer, reusable, copies } = await watched(child, job, (limits) => {
        const signal = AbortSignal.any([conversation.signal, limits]);
        return converse(child, job, { ...conversation, signal });
      });
      try {
        return await take(answer());
      } finally {
        if (reusable) pool.putBack(child, { preferred: copies !== undefined });
        else pool.kill(child);
        if (copies !== undefined) offered.add(child, { job, copies, keep });
      }
    } finally {
      end();
    }
  }

  /** Do something with a process within the limits of a statement; its signal aborts when the process exceeds them. */
  async function watched<Result>(
    child: ChildProcess,
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

  return { run };
}
