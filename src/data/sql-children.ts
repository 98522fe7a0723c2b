import type { ChildProcess } from "node:child_process";
import { ToolError } from "../errors.ts";
import { openChildPool, type ChildPoolOptions } from "./child-pool.ts";
import { openSlots } from "./slots.ts";
import {
  memoryBytes,
  type FromChild,
  type StatementJob,
  type ToChild,
  type WireAnswer,
  type WireSource,
} from "./sql-wire.ts";
import { tooMuchMemory, watchProcess } from "./watch-process.ts";
import { temporaryFiles } from "./workspace.ts";

export interface StatementOptions<Result> {
  signal: AbortSignal;
  timeoutMs: number;
  /** What the tables of the statement are. What it throws as `ToolError` ends the statement. */
  resolve: (tables: string[]) => Promise<WireSource[]>;
  /** What to make of the answer. The files it tells of go with their process, which stays until this is done. */
  take: (answer: WireAnswer) => Promise<Result>;
  /** Told now and then how far the statement is; it may begin again. */
  onPercent: (percent: number) => void;
}

/** Runs each statement in a process of its own, and kills that to stop it. */
export interface SqlChildren {
  run<Result>(job: StatementJob, options: StatementOptions<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface SqlChildrenOptions extends ChildPoolOptions {
  /** How much a statement may write. */
  diskLimitMb: number;
}

const maxChildren = 4;

export function openSqlChildren(options: SqlChildrenOptions): SqlChildren {
  const pool = openChildPool(options);
  const slots = openSlots(maxChildren);
  const closing = new AbortController();

  async function runInChild<Result>(
    job: StatementJob,
    { take, ...conversation }: Conversation & Pick<StatementOptions<Result>, "take">,
  ): Promise<Result> {
    const child = pool.take();
    const { answer, reusable } = await converseWatched(child, job, conversation);
    if (!reusable) pool.kill(child);
    try {
      return await take(answer());
    } finally {
      if (reusable) pool.putBack(child);
    }
  }

  async function converseWatched(child: ChildProcess, job: StatementJob, conversation: Conversation): Promise<Outcome> {
    const { pid } = child;
    if (pid === undefined) return await converse(child, job, conversation);
    const { workspace, diskLimitMb } = options;
    const outputs = job.output === undefined ? [] : [job.output.path];
    const watch = watchProcess(pid, {
      memoryBytes: memoryBytes(job),
      diskBytes: diskLimitMb * 1024 ** 2,
      written: async () => [...(await temporaryFiles(workspace, pid)), ...outputs],
    });
    try {
      const signal = AbortSignal.any([conversation.signal, watch.signal]);
      return await converse(child, job, { ...conversation, signal });
    } finally {
      watch.close();
    }
  }

  return {
    async run(job, { signal, timeoutMs, ...statement }) {
      const stop = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(timeoutMs)]);
      try {
        await slots.take(stop);
        try {
          return await runInChild(job, { ...statement, signal: stop });
        } finally {
          slots.free();
        }
      } catch (thrown) {
        signal.throwIfAborted();
        closing.signal.throwIfAborted();
        if (!stop.aborted) throw thrown;
        const advice = "filter earlier, or ask for less";
        throw new ToolError("timeout", `the statement took longer than ${timeoutMs / 1000} s; ${advice}`, {
          cause: thrown,
        });
      }
    },
    async close() {
      closing.abort(new ToolError("cancelled", "the SQL engine was closed"));
      await pool.close();
    },
  };
}

type Conversation = Pick<StatementOptions<unknown>, "signal" | "resolve" | "onPercent">;

interface Outcome {
  /** Gives what the child answered, or throws it. */
  answer: () => WireAnswer;
  /** Whether the child waits for the next statement. */
  reusable: boolean;
}

/** Give a child its statement and hear it out. Settles at once when the signal aborts; the caller then kills it. */
function converse(child: ChildProcess, job: StatementJob, conversation: Conversation): Promise<Outcome> {
  const { signal, resolve, onPercent } = conversation;
  return new Promise((settle) => {
    const listening = new AbortController();
    const finish = (outcome: Outcome) => {
      listening.abort();
      child.off("message", receive).off("exit", lost).off("error", lost);
      settle(outcome);
    };
    const fail = (thrown: unknown, reusable: boolean) =>
      finish({
        reusable,
        answer: () => {
          throw thrown;
        },
      });
    const send = (message: ToChild) => void child.send(message, (cause) => cause !== null && lost());
    const lost = () =>
      fail(
        new ToolError(
          "unavailable",
          "the process that runs SQL ended, perhaps for want of memory; try again, and read less if it repeats",
        ),
        false,
      );

    function receive(received: unknown): void {
      const message = received as FromChild;
      if (message.type === "parsed")
        resolve(message.tables).then((sources) => send({ type: "sources", sources }), refuse);
      else if (message.type === "progress") onPercent(message.percent);
      else if (message.type === "answer") finish({ reusable: true, answer: () => message.answer });
      else if (message.type === "failed") fail(new ToolError(message.code, message.message), true);
      else if (message.type === "exhausted") fail(tooMuchMemory(memoryBytes(job)), false);
      else fail(new Error(`a defect in the SQL process: ${message.stack}`), false);
    }

    function refuse(thrown: unknown): void {
      if (thrown instanceof ToolError) send({ type: "refused", code: thrown.code, message: thrown.message });
      else fail(thrown, false);
    }

    if (signal.aborted) {
      fail(signal.reason, false);
      return;
    }
    signal.addEventListener("abort", () => fail(signal.reason, false), { once: true, signal: listening.signal });
    child.on("message", receive).on("exit", lost).on("error", lost);
    send({ type: "statement", job });
  });
}
