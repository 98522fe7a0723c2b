import { saveCompiledCode } from "../../compiled-code.ts";
import { errorMessage, ToolError } from "../../errors.ts";
import { log } from "../../log.ts";
import { openSession, type DuckDbSession } from "./duckdb-session.ts";
import { runStatement, type StatementRun } from "./run-statement.ts";
import type { ReadCount } from "../text/read-count.ts";
import { isShortOfMemory } from "./sql-errors.ts";
import { memoryBytes, type FromChild, type StatementJob, type ToChild, type WireSource } from "./sql-wire.ts";
import { removeTemporaryFiles } from "../workspace.ts";

/** A session that is open, or about to be, and what it may take of memory. */
export interface ReadySession {
  memoryLimitMb: number;
  session: Promise<DuckDbSession>;
}

/** Serve the statements of the parent, one at a time, until it is gone. */
export function serveStatements(first: ReadySession): void {
  next = first;
  next.session.catch(() => (next = undefined));
  process.on("disconnect", end);
  process.on("message", (message) => receive(message as ToChild));
  // the parent may have gone before anybody listened
  if (!process.connected) end();
}

/** Opened while the child waits: a session serves one statement, and opening one takes a moment. */
let next: ReadySession | undefined;
let waiting: PromiseWithResolvers<WireSource[]> | undefined;
/** Whether to make the copies that the last answer offered: settled by what comes next. */
let offer: PromiseWithResolvers<boolean> | undefined;
let turn = Promise.resolve();

/** The workspaces of the statements so far; there is hardly ever more than one. */
const workspaces = new Set<string>();

/** Nobody else would remove what a statement has written by now. */
const cleanUpMs = 1_000;

function end(): void {
  const kill = () => process.kill(process.pid, "SIGKILL");
  setTimeout(kill, cleanUpMs);
  void Promise.allSettled([...workspaces].map((workspace) => removeTemporaryFiles(workspace, process.pid))).then(kill);
}

function receive(message: ToChild): void {
  if (message.type === "statement") {
    workspaces.add(message.job.workspace);
    offer?.resolve(false);
    turn = turn.then(() => serve(message.job));
  } else if (message.type === "keep") offer?.resolve(true);
  else if (message.type === "sources") waiting?.resolve(message.sources);
  else waiting?.reject(new ToolError(message.code, message.message));
}

const memoryEveryMs = 50;

async function serve(job: StatementJob): Promise<void> {
  const { last, session } = await converse(job);
  if (last !== undefined) send(last);
  session?.close(); // which takes longer than to send
  next = { memoryLimitMb: job.memoryLimitMb, session: openSession(job.memoryLimitMb) };
  next.session.catch(() => (next = undefined));
  saveCompiledCode();
}

/** What is left to say, and a session that is to be closed then. */
interface Ending {
  last: FromChild | undefined;
  session?: DuckDbSession;
}

async function converse(job: StatementJob): Promise<Ending> {
  try {
    const session = await takeSession(job.memoryLimitMb);
    try {
      return { last: await run(session, job), session };
    } catch (thrown) {
      if (session.isFrugal || !isShortOfMemory(thrown)) throw thrown;
    }
    // Fewer threads hold less at once: what fails for want of memory may get through, slowly.
    const frugal = await openSession(job.memoryLimitMb, true);
    return { last: await run(frugal, job), session: frugal };
  } catch (thrown) {
    return { last: told(thrown) };
  }
}

function told(thrown: unknown): FromChild {
  if (thrown instanceof ToolError) return { type: "failed", code: thrown.code, message: thrown.message };
  return { type: "defect", stack: thrown instanceof Error ? (thrown.stack ?? thrown.message) : errorMessage(thrown) };
}

/**
 * What is left to say once all files are closed: the answer where it offers no copies, the copies where they are wanted.
 * The session is closed where this fails.
 */
async function run(session: DuckDbSession, job: StatementJob): Promise<FromChild | undefined> {
  const reading: ReadCount = { done: 0, total: 0 };
  const report = setInterval(() => reportProgress(session, reading), reportEveryMs);
  try {
    const done = await watchingMemory(job, () => runStatement(session, job, { resolve: askForSources, reading }));
    clearInterval(report);
    return done.answer.keeps.length === 0 ? await closed(done) : await offerCopies(job, done);
  } catch (thrown) {
    session.close();
    throw thrown;
  } finally {
    clearInterval(report);
  }
}

async function closed({ answer, close }: StatementRun): Promise<FromChild> {
  await close();
  return { type: "answer", answer };
}

/** Answer, and make copies where the parent wants them. Else nothing is said any more: the next statement may be under way. */
async function offerCopies(job: StatementJob, { answer, keep, close }: StatementRun): Promise<FromChild | undefined> {
  const asked = Promise.withResolvers<boolean>();
  offer = asked;
  send({ type: "answer", answer });
  try {
    return (await asked.promise) ? { type: "kept", drafts: await watchingMemory(job, keep) } : undefined;
  } finally {
    await close().catch((thrown: unknown) => log.warn("what a statement has opened cannot be closed", thrown));
  }
}

/** Do something, and tell once it takes more memory than it may. */
async function watchingMemory<Result>(job: StatementJob, work: () => Promise<Result>): Promise<Result> {
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes(job)) send({ type: "exhausted" });
  }, memoryEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(watch);
  }
}

const reportEveryMs = 250;

function reportProgress({ connection }: DuckDbSession, { done, total }: ReadCount): void {
  if (done > 0) {
    send({ type: "progress", done, total, unit: "bytes" });
    return;
  }
  const { percentage } = connection.progress;
  // Negative where it is not known.
  if (percentage > 0)
    send({ type: "progress", done: Math.min(100, Math.floor(percentage)), total: 100, unit: "percent" });
}

async function takeSession(memoryLimitMb: number): Promise<DuckDbSession> {
  const ready = next?.memoryLimitMb === memoryLimitMb ? next.session : openSession(memoryLimitMb);
  next = undefined;
  return await ready;
}

function askForSources(tables: string[]): Promise<WireSource[]> {
  waiting = Promise.withResolvers();
  send({ type: "parsed", tables });
  return waiting.promise;
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}
