import type { SqlProcess } from "../sql/sql-process.ts";
import { ToolError } from "../../errors.ts";
import type { ChildPool } from "../sql/child-pool.ts";
import { tooMuchMemory, watchProcess } from "../sql/watch-process.ts";
import { temporaryFiles } from "../workspace.ts";
import type { DatabaseDriver, RowSink, StatementEnd } from "./driver.ts";
import {
  processBytes,
  splitRows,
  type FromSqliteChild,
  type SqliteFile,
  type SqliteJob,
  type ToSqliteChild,
} from "./sqlite-wire.ts";
import { checkStatement } from "./statement-check.ts";

export interface SqliteOptions {
  file: SqliteFile;
  pool: ChildPool;
  workspace: string;
  memoryLimitMb: number;
  diskLimitBytes: number;
}

/** Each statement runs in a process that is killed to stop it. */
export function openSqliteDriver({
  file,
  pool,
  workspace,
  memoryLimitMb,
  diskLimitBytes,
}: SqliteOptions): DatabaseDriver {
  return {
    async run(statement, sink, signal) {
      checkStatement(statement.sql, statement.params, "sqlite");
      const job: SqliteJob = { ...statement, file, workspace, memoryLimitMb };
      const child = pool.take();
      const { pid = 0 } = child;
      const watch = watchProcess(pid, {
        memoryBytes: processBytes(job),
        diskBytes: diskLimitBytes,
        written: () => temporaryFiles(workspace, pid),
      });
      try {
        const end = await converse(child, { job, sink, signal: AbortSignal.any([signal, watch.signal]) });
        pool.putBack(child);
        return end;
      } catch (thrown) {
        // one that has answered waits for the next statement, any other is stopped
        if (thrown instanceof Refusal) {
          pool.putBack(child);
          throw thrown.error;
        }
        pool.kill(child);
        throw thrown;
      } finally {
        watch.close();
      }
    },
  };
}

/** A statement that failed in a process that is well. */
class Refusal extends Error {
  override name = "Refusal";
  readonly error: ToolError;

  constructor(error: ToolError) {
    super(error.message);
    this.error = error;
  }
}

interface Conversation {
  job: SqliteJob;
  sink: RowSink;
  signal: AbortSignal;
}

/** Give a child its statement and hear it out. Settles at once when the signal aborts; the caller then kills it. */
async function converse(child: SqlProcess, { job, sink, signal }: Conversation): Promise<StatementEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<StatementEnd>();
  const send = (message: ToSqliteChild) => void child.send(message, (cause) => cause !== null && lost());
  const abort = () => reject(signal.reason);
  const lost = () =>
    reject(new ToolError("unavailable", "the process that runs SQLite ended, perhaps for want of memory; try again"));

  function receive(received: unknown): void {
    const message = received as FromSqliteChild;
    switch (message.type) {
      case "columns":
        return attempt(() => sink.start(message.names));
      case "rows":
        sink.take(splitRows(message.rows)).then(() => send({ type: "more" }), reject);
        return undefined;
      case "done":
        return resolve({ types: message.types, notes: message.notes });
      case "failed":
        return reject(new Refusal(new ToolError(message.code, message.message)));
      case "exhausted":
        return reject(tooMuchMemory(processBytes(job)));
      case "defect":
        return reject(new Error(`a defect in the SQLite process: ${message.stack}`));
    }
  }

  function attempt(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      reject(thrown);
    }
  }

  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  child.on("message", receive).on("exit", lost).on("error", lost);
  send({ type: "statement", job });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    child.off("message", receive).off("exit", lost).off("error", lost);
  }
}
