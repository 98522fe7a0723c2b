import { ToolError } from "../../errors.ts";
import { openBoundedRuns } from "../bounded-runs.ts";
import { openChildPool, type ChildPoolOptions } from "./child-pool.ts";
import { openChildRuns, type ChildRun } from "./child-runs.ts";
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
  /** How long nothing must have been asked before copies are made. */
  quietMs: number;
}

const maxChildren = 4;

export function openSqlChildren(options: SqlChildrenOptions): SqlChildren {
  const pool = openChildPool(options);
  const runs = openChildRuns(pool, options);
  const bounded = openBoundedRuns(maxChildren);

  return {
    prepare: pool.prepare,
    run: (job, { signal, timeoutMs, ...others }) =>
      bounded.run({ signal, timeoutMs }, (stop) => runs.run(job, { signal: stop, ...others })),
    async close() {
      bounded.close(new ToolError("cancelled", "the SQL engine was closed"));
      runs.close();
      await pool.close();
    },
  };
}
