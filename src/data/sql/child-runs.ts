import type { ChildProcess } from "node:child_process";
import type { ChildPool } from "./child-pool.ts";
import { converse, type Conversation, type Outcome } from "./sql-conversation.ts";
import { memoryBytes, type KeptDraft, type StatementJob, type WireAnswer } from "./sql-wire.ts";
import { watchProcess } from "./watch-process.ts";
import { temporaryFiles } from "../workspace.ts";

export interface ChildRun<Result> extends Conversation {
  /** What to make of the answer. The files it tells of go with their process, which stays until this is done. */
  take: (answer: WireAnswer) => Promise<Result>;
  /** Copies of sources are made from now on, for the next statement. Settles once they are in their places, or given up. */
  keep: (keys: string[], drafts: Promise<KeptDraft[]>) => Promise<void>;
}

/** Runs statements in processes of a pool, and lets a process go on making copies after its answer. */
export interface ChildRuns {
  run<Result>(job: StatementJob, run: ChildRun<Result>): Promise<Result>;
}

const keepTimeoutMs = 600_000;

interface Following {
  keeping: NonNullable<Outcome["keeping"]>;
  keep: (keys: string[], drafts: Promise<KeptDraft[]>) => Promise<void>;
}

export function openChildRuns(
  pool: ChildPool,
  { workspace, diskLimitMb }: { workspace: string; diskLimitMb: number },
): ChildRuns {
  let isKeeping = false;

  async function run<Result>(job: StatementJob, { take, keep, ...conversation }: ChildRun<Result>): Promise<Result> {
    const child = pool.take();
    const { answer, reusable, keeping } = await watched(child, job, (limits) => {
      const signal = AbortSignal.any([conversation.signal, limits]);
      return converse(child, job, { ...conversation, signal });
    });
    try {
      return await take(answer());
    } finally {
      if (reusable) pool.putBack(child);
      else if (keeping === undefined) pool.kill(child);
      else void follow(child, job, { keeping, keep });
    }
  }

  /** One process at a time makes copies; what another would make is made when somebody asks again. */
  async function follow(child: ChildProcess, job: StatementJob, following: Following): Promise<void> {
    const { keys, drafts } = following.keeping;
    if (isKeeping) {
      pool.kill(child);
      return await following.keep(keys, drafts);
    }
    isKeeping = true;
    pool.release(child);
    await watched(child, job, async (limits) => {
      const stopped = AbortSignal.any([limits, AbortSignal.timeout(keepTimeoutMs)]);
      await keepUntil(stopped, following, () => pool.kill(child));
    });
    isKeeping = false;
    const isDone = await drafts.then(
      () => true,
      () => false,
    );
    if (isDone) pool.putBack(child);
    else pool.kill(child);
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

/** Settles once the copies are in their places, or given up: when the signal aborts, and the process is then ended. */
async function keepUntil(stopped: AbortSignal, { keeping, keep }: Following, end: () => void): Promise<void> {
  const { promise: givenUp, resolve } = Promise.withResolvers<KeptDraft[]>();
  const giveUp = () => {
    resolve([]);
    end();
  };
  stopped.addEventListener("abort", giveUp, { once: true });
  await keep(keeping.keys, Promise.race([keeping.drafts, givenUp]));
  stopped.removeEventListener("abort", giveUp);
}
