/**
 * The process that runs SQLite, one statement at a time, for `sqlite.ts`. SQLite cannot be interrupted from outside the
 * thread it runs in: it has a thread of its own, and the process is killed to stop it. This process ends itself when
 * its parent is gone, whatever runs.
 */
import { isMainThread, parentPort, Worker, type MessagePort } from "node:worker_threads";
import { entryUrl } from "../../entries.ts";
import { errorMessage, ToolError } from "../../errors.ts";
import { removeTemporaryFiles } from "../workspace.ts";
import { runSqlite } from "./sqlite-run.ts";
import { joinRows, processBytes, type FromSqliteChild, type SqliteJob, type ToSqliteChild } from "./sqlite-wire.ts";

const cleanUpMs = 1_000;
const memoryEveryMs = 50;

if (isMainThread) standGuard();
else if (parentPort !== null) serve(parentPort);

function standGuard(): void {
  const worker = new Worker(entryUrl("sqlite-child"));
  let job: SqliteJob | undefined;
  const send = (message: FromSqliteChild) => process.send?.(message);
  worker.on("message", send);
  worker.on("error", (thrown) => send(defect(thrown)));
  process.on("message", (message: ToSqliteChild) => {
    if (message.type === "statement") job = message.job;
    worker.postMessage(message, []);
  });
  setInterval(() => {
    if (job !== undefined && process.memoryUsage.rss() > processBytes(job)) send({ type: "exhausted" });
  }, memoryEveryMs).unref();
  process.on("disconnect", () => {
    const end = () => process.kill(process.pid, "SIGKILL");
    setTimeout(end, cleanUpMs);
    if (job === undefined) end();
    else void removeTemporaryFiles(job.workspace, process.pid).then(end, end);
  });
}

function serve(port: MessagePort): void {
  let room = Promise.withResolvers<void>();
  const send = (message: FromSqliteChild) => port.postMessage(message);
  port.on("message", (message: ToSqliteChild) => {
    if (message.type === "more") room.resolve();
    else void answer(message.job).then(send);
  });

  async function answer(job: SqliteJob): Promise<FromSqliteChild> {
    try {
      const end = await runSqlite(job, {
        start: (columns) => send({ type: "columns", names: [...columns] }),
        async take(rows) {
          room = Promise.withResolvers();
          send({ type: "rows", rows: joinRows(rows) });
          await room.promise;
        },
      });
      return { type: "done", ...end };
    } catch (thrown) {
      if (thrown instanceof ToolError) return { type: "failed", code: thrown.code, message: thrown.message };
      return defect(thrown);
    }
  }
}

function defect(thrown: unknown): FromSqliteChild {
  return { type: "defect", stack: thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorMessage(thrown) };
}
