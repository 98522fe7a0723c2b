import { onAbort as listenForAbort } from "../on-abort.ts";
import { currentTaping } from "../taping.ts";

/** Runs tasks that hostile input may stall or starve where that hurts nobody: in threads or processes it owns. */
export interface Pool {
  /**
   * Run one task on a free runner; tasks queue while there is none.
   *
   * @throws the signal's reason once it aborts: the runner then finishes the task for nobody, within its time limit,
   *   or is stopped where `onAbort` says so; an Error where no runner can be started
   */
  run(task: string | object, options: TaskOptions): Promise<Outcome>;
  /** Start a runner for the next task, where there is none. */
  prepare(): void;
  /** Stop the runners that have nothing to do: what they hold is wanted elsewhere. Others start when there is work again. */
  stopIdle(): void;
  /** Stop every runner; tasks that are under way or queued end as `closed`. */
  close(): Promise<void>;
}

/** `crashed`: the runner ran out of memory or threw. A new one takes the next task. */
export type Outcome =
  | { kind: "answer"; value: unknown }
  | { kind: "timeout" }
  | { kind: "crashed"; cause: unknown }
  | { kind: "closed" };

export interface TaskOptions {
  /** Counted from when a runner takes the task. */
  timeoutMs: number;
  signal: AbortSignal;
  /** What becomes of a task that is under way when the signal aborts. Default: `finish`, for nobody. */
  onAbort?: "finish" | "stop";
  /** Buffers that a thread takes over instead of a copy. */
  transfer?: ArrayBuffer[];
}

/** A thread or process that has been started. Its first message says it is ready, each later one answers a task. */
export interface Runner {
  post(task: string | object, transfer: ArrayBuffer[]): void;
  /** Whether this runner keeps our process alive. */
  hold(alive: boolean): void;
  stop(): Promise<void>;
}

export type StartRunner = (events: { message(value: unknown): void; end(cause: unknown): void }) => Runner;

/** The first time that one, where there is one, then always the other. */
export function beginWith(first: StartRunner | undefined, others: StartRunner): StartRunner {
  const left = first === undefined ? [] : [first];
  return (events) => (left.pop() ?? others)(events);
}

/** Start a runner before there is a pool, which is given to one by `beginWith`. Until then it keeps nobody alive. */
export function startEarly(startRunner: StartRunner): StartRunner {
  const adopted = Promise.withResolvers<Parameters<StartRunner>[0]>();
  const runner = startRunner({
    message: (value) => void adopted.promise.then(({ message }) => message(value)),
    end: (cause) => void adopted.promise.then(({ end }) => end(cause)),
  });
  runner.hold(false);
  return (events) => {
    runner.hold(true);
    adopted.resolve(events);
    return runner;
  };
}

export interface PoolOptions {
  /** A runner that has had nothing to do for so long is stopped. Default: none is. */
  idleMs?: number;
}

interface Task {
  input: string | object;
  transfer: ArrayBuffer[];
  timeoutMs: number;
  settle: (outcome: Outcome) => void;
  /** There is nobody to run it. */
  fail: (cause: unknown) => void;
}

interface Slot {
  runner: Runner;
  state: "starting" | "idle" | "busy";
  task: Task | undefined;
  timer: NodeJS.Timeout | undefined;
}

const startLimitMs = 30_000;
const mostStarts = 2;
const late = new Error("did not start in time");

/** Runners start when there is work for them, and do not keep the process alive while there is none. */
export function openPool(startRunner: StartRunner, count: number, { idleMs }: PoolOptions = {}): Pool {
  const slots = new Set<Slot>();
  const stopping = new Set<Promise<void>>();
  const queue: Task[] = [];
  const starts = countStarts(queue);
  let closed = false;

  function start(): void {
    const runner = startRunner({
      message: (value) => receive(slot, value),
      end: (cause) => discard(slot, { kind: "crashed", cause }),
    });
    const timer = setTimeout(() => discard(slot, { kind: "crashed", cause: late }), startLimitMs);
    const slot: Slot = { runner, state: "starting", task: undefined, timer };
    slots.add(slot);
  }

  function receive(slot: Slot, value: unknown): void {
    const task = takeTask(slot);
    starts.succeeded();
    task?.settle({ kind: "answer", value });
    slot.runner.hold(false);
    if (idleMs !== undefined) slot.timer = setTimeout(() => discard(slot, { kind: "closed" }), idleMs).unref();
    dispatch();
  }

  function dispatch(): void {
    for (const slot of slots) {
      const task = slot.state === "idle" ? queue.shift() : undefined;
      if (task !== undefined) assign(slot, task, () => discard(slot, { kind: "timeout" }));
    }
    if (queue.length > startingIn(slots) && slots.size < count) start();
  }

  function discard(slot: Slot, outcome: Outcome): void {
    if (!slots.delete(slot)) return;
    clearTimeout(slot.timer);
    const stopped = slot.runner.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
    if (slot.state === "starting" && outcome.kind === "crashed") starts.failed(outcome.cause);
    // What it held is free only once it has stopped: whoever waits for the answer may count on that room.
    void stopped.finally(() => slot.task?.settle(outcome));
    if (!closed) dispatch();
  }

  const stopRunnerOf = (task: Task) =>
    slots.forEach((slot) => (slot.task === task ? discard(slot, { kind: "closed" }) : undefined));

  return {
    async run(input, options) {
      options.signal.throwIfAborted();
      if (closed) return { kind: "closed" };
      const outcome = enqueue(queue, input, options, stopRunnerOf);
      dispatch();
      return outcome;
    },
    prepare: () => (closed || slots.size > 0 ? undefined : start()),
    stopIdle: () => slots.forEach((slot) => (slot.state === "idle" ? discard(slot, { kind: "closed" }) : undefined)),
    async close() {
      closed = true;
      for (const task of queue.splice(0)) task.settle({ kind: "closed" });
      for (const slot of slots) discard(slot, { kind: "closed" });
      await Promise.all(stopping);
    },
  };
}

function startingIn(slots: ReadonlySet<Slot>): number {
  return [...slots].filter((slot) => slot.state === "starting").length;
}

/** The task that is done, or none where a runner has just become ready: it is idle now. */
function takeTask(slot: Slot): Task | undefined {
  clearTimeout(slot.timer);
  const { task } = slot;
  slot.task = undefined;
  slot.state = "idle";
  return task;
}

function assign(slot: Slot, task: Task, timeOut: () => void): void {
  clearTimeout(slot.timer);
  slot.task = task;
  slot.state = "busy";
  slot.runner.hold(true);
  slot.timer = setTimeout(timeOut, task.timeoutMs);
  slot.runner.post(task.input, task.transfer);
}

/** What was done in time when it was recorded shall not fail on a slower machine. */
function patience(): number {
  return currentTaping()?.isReplay === true ? 10 : 1;
}

/** Fails what waits where runners cannot even start. One may have been killed; after two the next would fail the same way. */
function countStarts(queue: Task[]) {
  let failures = 0;
  return {
    succeeded: () => void (failures = 0),
    failed(cause: unknown): void {
      failures += 1;
      if (failures < mostStarts && cause !== late) return;
      for (const task of queue.splice(0)) task.fail(cause);
    },
  };
}

function enqueue(
  queue: Task[],
  input: string | object,
  { timeoutMs, signal, transfer = [], onAbort }: TaskOptions,
  stopRunnerOf: (task: Task) => void,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const task: Task = { input, transfer, timeoutMs: timeoutMs * patience(), settle, fail };
    function settle(outcome: Outcome): void {
      stopListening();
      resolve(outcome);
    }
    function fail(cause: unknown): void {
      stopListening();
      reject(new Error("cannot start what runs this task", { cause }));
    }
    function abandon(): void {
      const waiting = queue.indexOf(task);
      reject(signal.reason);
      if (waiting >= 0) queue.splice(waiting, 1);
      else if (onAbort === "stop") stopRunnerOf(task);
    }
    const stopListening = listenForAbort(signal, abandon);
    queue.push(task);
  });
}
