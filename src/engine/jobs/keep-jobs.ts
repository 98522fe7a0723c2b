import { errorMessage } from "../../errors.ts";
import { followAbort, type FollowedAbort } from "../../follow-abort.ts";
import { log } from "../../log.ts";
import type { Progress, ToolResult } from "../../tools/tool.ts";
import type { CallOptions, Engine } from "../engine.ts";
import type { Job, JobFiles } from "./job-files.ts";
import { stateOf } from "./state.ts";

export interface JobsOptions {
  engine: Engine;
  files: () => Promise<JobFiles>;
  /** Calls whose jobs another process keeps: they are passed on as they are. */
  keptElsewhere?: (tool: string) => boolean;
}

/** As many jobs run at once; a call beyond them is answered when it is done, however long that takes. */
const maxRunning = 64;
const tickMs = 250;
/** So often a job says that its process lives. */
const seenEveryMs = 5_000;

/**
 * An engine that turns calls which take longer than their caller waits into jobs: the caller has an id, and the work goes
 * on without it. A job lives in a file of the workspace, where any process finds it, and is stopped by the file beside it.
 * Closing the engine interrupts its jobs.
 */
export function keepJobs({ engine, files, keptElsewhere = () => false }: JobsOptions): Engine {
  const running = new Set<RunningJob>();
  let closed = false;

  async function call(name: string, input: unknown, options: CallOptions & { answerWithinMs: number }) {
    const { answerWithinMs, passedOn, ...others } = options;
    const abort = followAbort(options.signal);
    let latest: Progress = { done: 0 };
    let onProgress = options.progress;
    const progress = (update: Progress) => {
      latest = update;
      onProgress(update);
    };
    const working = engine.call(name, input, { ...others, signal: abort.signal, progress }).finally(abort.release);
    const inTime = await within(working, answerWithinMs);
    if (inTime !== undefined) return inTime;
    if (running.size >= maxRunning || closed || options.signal.aborted) return await working;
    onProgress = () => {}; // nothing is sent for a call that is answered
    const job = await begin(files, { name, working, abort, latest: () => latest });
    if (job === undefined) return await working; // its caller waits after all
    passedOn?.addEventListener("abort", abort.release, { once: true });
    running.add(job);
    void job.ended.then(() => running.delete(job));
    if (options.signal.aborted) return await working; // while it was begun
    const { message, ...state } = job.state();
    const advice = "wait for it with the tool job";
    const text = message === undefined ? advice : `${String(message)}; ${advice}`;
    return { ok: true, value: { status: "running", ...state, message: text } } satisfies ToolResult;
  }

  return {
    definitions: () => engine.definitions(),
    async call(name, input, options) {
      const { answerWithinMs } = options;
      if (answerWithinMs === undefined || keptElsewhere(name)) return await engine.call(name, input, options);
      return await call(name, input, { ...options, answerWithinMs });
    },
    async close() {
      closed = true;
      for (const job of running) job.interrupt("was interrupted: its engine was stopped");
      await engine.close();
      await Promise.all([...running].map((job) => job.ended));
    },
  };
}

interface Work {
  name: string;
  working: Promise<ToolResult>;
  abort: FollowedAbort;
  latest: () => Progress;
}

interface RunningJob {
  state: () => ReturnType<typeof stateOf>;
  interrupt(why: string): void;
  /** Settles when its end is written. */
  ended: Promise<void>;
}

/** Undefined where it cannot be written. */
async function begin(
  open: JobsOptions["files"],
  { name, working, abort, latest }: Work,
): Promise<RunningJob | undefined> {
  let job: Job;
  let files: JobFiles;
  try {
    files = await open();
    job = await files.begin(name, latest());
  } catch (thrown) {
    log.warn(`${name} takes long, and cannot be kept as a job: ${errorMessage(thrown)}`);
    return undefined;
  }
  let interrupted: string | undefined;
  const interrupt = (why: string) => {
    interrupted ??= why;
    abort.abort();
  };
  const write = async (changes: Partial<Job>) => {
    job = { ...job, ...changes, seenAt: Date.now(), progress: latest() };
    await files.write(job);
  };
  let ticking = Promise.resolve();
  const tick = async () => {
    if (interrupted === undefined && (await files.isCancelRequested(job.id))) interrupt("was cancelled");
    if (latest() !== job.progress || Date.now() - job.seenAt > seenEveryMs) await write({});
  };
  const timer = setInterval(() => {
    ticking = ticking.then(tick).catch(cannotWrite);
  }, tickMs);
  const end = async () => {
    const result = await working;
    clearInterval(timer);
    await ticking;
    if (abort.signal.aborted) interrupted ??= "was cancelled"; // before its id was passed on
    const isCut = interrupted !== undefined && !result.ok;
    // A tool that was cut off tells of the dataset that it leaves.
    const why = result.ok || !/\bds_/.test(result.message) ? `${name} ${interrupted}` : result.message;
    await write(isCut ? { interrupted: why } : { result });
  };
  return { state: () => stateOf({ ...job, progress: latest() }), interrupt, ended: end().catch(cannotWrite) };
}

function cannotWrite(thrown: unknown): void {
  log.warn(`how far a job is cannot be written: ${errorMessage(thrown)}`);
}

async function within<Value>(work: Promise<Value>, timeMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), timeMs)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
