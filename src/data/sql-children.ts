import { ToolError } from "../errors.ts";
import { openChildPool, type ChildPoolOptions } from "./child-pool.ts";
import { openChildRuns, type ChildRun } from "./child-runs.ts";
import { openSlots } from "./slots.ts";
import type { StatementJob } from "./sql-wire.ts";

export interface StatementOptions<Result> extends ChildRun<Result> {
  timeoutMs: number;
}

/** Runs each statement in a process of its own, and kills that to stop it. */
export interface SqlChildren {
  run<Result>(job: StatementJob, options: StatementOptions<Result>): Promise<Result>;
  /** Start a process for the next statement, where none runs. */
  prepare(): void;
  close(): Promise<void>;
}

export interface SqlChildrenOptions extends ChildPoolOptions {
  /** How much a statement may write. */
  diskLimitMb: number;
}

const maxChildren = 4;

export function openSqlChildren(options: SqlChildrenOptions): SqlChildren {
  const pool = openChildPool(options);
  const runs = openChildRuns(pool, options);
  const slots = openSlots(maxChildren);
  const closing = new AbortController();

  return {
    prepare: pool.prepare,
    async run(job, { signal, timeoutMs, ...others }) {
      const stop = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(timeoutMs)]);
      try {
        await slots.take(stop);
        try {
          return await runs.run(job, { signal: stop, ...others });
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
