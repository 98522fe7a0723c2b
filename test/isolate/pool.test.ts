import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "../../src/entries.ts";
import { startLineProcess } from "../../src/isolate/line-process.ts";
import { beginWith, openPool, startEarly, type Pool, type StartRunner } from "../../src/isolate/pool.ts";
import { startProcess } from "../../src/isolate/process.ts";
import { startThread } from "../../src/isolate/thread.ts";

const { signal } = new AbortController();
const endless = "factorial(1e9)";
const two = { kind: "answer", value: { ok: true, result: "2", type: "BigNumber" } };

describe.each([
  ["threads", startThread],
  ["processes", startProcess],
  ["processes by lines", (entry: Entry, memoryMb: number) => startLineProcess({ entry, memoryMb, youngMb: 2 })],
])("%s", (_kind, starter) => {
  let pool: Pool;
  beforeAll(() => {
    pool = openPool(starter("math-worker", 192), 1);
  });
  afterAll(() => pool.close());

  test("answer their tasks, more of them than there are runners", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => pool.run("1 + 1", { timeoutMs: 10_000, signal })),
    );
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => two));
  });

  test("are stopped when a task takes too long, and others take the next", async () => {
    const slow = pool.run(endless, { timeoutMs: 50, signal });
    const next = pool.run("1 + 1", { timeoutMs: 10_000, signal });
    expect(await slow).toEqual({ kind: "timeout" });
    expect(await next).toEqual(two);
  });

  test("leave a task that was aborted, queued or under way", async () => {
    const stop = new AbortController();
    const tasks = [1, 2].map(() => pool.run(endless, { timeoutMs: 300, signal: stop.signal }));
    const outcomes = Promise.allSettled(tasks);
    stop.abort(new Error("enough"));
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(["rejected", "rejected"]);
    expect(await pool.run("1 + 1", { timeoutMs: 10_000, signal })).toEqual(two);
    await expect(pool.run("1 + 1", { timeoutMs: 10_000, signal: stop.signal })).rejects.toThrow("enough");
  });

  test("are gone once the pool is closed", async () => {
    const tasks = [endless, endless].map((task) => pool.run(task, { timeoutMs: 60_000, signal }));
    await pool.close();
    expect(await Promise.all(tasks)).toEqual([{ kind: "closed" }, { kind: "closed" }]);
    expect(await pool.run("1 + 1", { timeoutMs: 60_000, signal })).toEqual({ kind: "closed" });
  });
});

test("one runner is started before there is a task, which it takes, and none once the pool is closed", async () => {
  const { pool, runners } = openWatched();
  pool.prepare();
  pool.prepare();
  expect(runners).toHaveLength(1);
  await setImmediate();
  const outcome = pool.run("task", { timeoutMs: 10_000, signal });
  pool.prepare();
  runners[0]?.answer("done");
  expect(await outcome).toEqual({ kind: "answer", value: "done" });
  expect(runners).toHaveLength(1);
  await pool.close();
  pool.prepare();
  expect(runners).toHaveLength(1);
});

test("a runner that was started before there was a pool takes the first task, whatever it has said by then", async () => {
  const { early, runners } = startWatchedEarly();
  await setImmediate();
  const other = () => {
    throw new Error("another runner is started");
  };
  const pool = openPool(beginWith(early, other), 1);
  const outcome = pool.run("task", { timeoutMs: 10_000, signal });
  await setImmediate();
  runners[0]?.answer("done");
  expect(await outcome).toEqual({ kind: "answer", value: "done" });
  await pool.close();
  expect(runners).toEqual([expect.objectContaining({ stopped: true })]);
});

test("a runner that ended before it was ready costs no task: another takes it", async () => {
  const { early, runners, start } = startWatchedEarly();
  runners[0]?.end(new Error("gone"));
  const pool = openPool(beginWith(early, start), 1);
  const outcome = pool.run("task", { timeoutMs: 10_000, signal });
  await setImmediate();
  runners[1]?.answer("done");
  expect(await outcome).toEqual({ kind: "answer", value: "done" });
  await pool.close();
});

/** As below, one of them started already. */
function startWatchedEarly() {
  const runners: { answer: (value: unknown) => void; end: (cause: unknown) => void; stopped: boolean }[] = [];
  const start: StartRunner = ({ message, end }) => {
    const runner = { answer: message, end, stopped: false };
    runners.push(runner);
    queueMicrotask(() => message("ready"));
    return { post() {}, hold() {}, stop: () => Promise.resolve(void (runner.stopped = true)) };
  };
  return { early: startEarly(start), runners, start };
}

/** Runners that answer nothing by themselves, and what became of them. */
function openWatched(idleMs?: number) {
  const runners: { answer: (value: unknown) => void; stopped: boolean }[] = [];
  const pool = openPool(
    ({ message }) => {
      const runner = { answer: message, stopped: false };
      runners.push(runner);
      queueMicrotask(() => message("ready"));
      return { post() {}, hold() {}, stop: () => Promise.resolve(void (runner.stopped = true)) };
    },
    1,
    idleMs === undefined ? {} : { idleMs },
  );
  return { pool, runners };
}

test("an abort stops the runner of a task that says so", async () => {
  const { pool, runners } = openWatched();
  const stop = new AbortController();
  const task = pool.run("1", { timeoutMs: 60_000, signal: stop.signal, onAbort: "stop" });
  await setImmediate();
  stop.abort(new Error("enough"));
  await expect(task).rejects.toThrow("enough");
  expect(runners.map(({ stopped }) => stopped)).toEqual([true]);
  await pool.close();
});

test("a runner that is idle for long is stopped, and one that has work is not", async () => {
  const { pool, runners } = openWatched(30);
  const task = pool.run("1", { timeoutMs: 60_000, signal });
  await delay(90);
  expect(runners[0]?.stopped).toBe(false);
  runners[0]?.answer("done");
  expect(await task).toEqual({ kind: "answer", value: "done" });
  await expect.poll(() => runners[0]?.stopped).toBe(true);
  const next = pool.run("2", { timeoutMs: 60_000, signal });
  await setImmediate();
  runners[1]?.answer("again");
  expect(await next).toEqual({ kind: "answer", value: "again" });
  await pool.close();
});

test("runners that have nothing to do can be stopped, and one that works goes on", async () => {
  const { pool, runners } = openWatched();
  const task = pool.run("1", { timeoutMs: 60_000, signal });
  await setImmediate();
  pool.stopIdle();
  expect(runners.map(({ stopped }) => stopped)).toEqual([false]);
  runners[0]?.answer("done");
  await task;
  pool.stopIdle();
  expect(runners.map(({ stopped }) => stopped)).toEqual([true]);
  const next = pool.run("2", { timeoutMs: 60_000, signal });
  await setImmediate();
  runners[1]?.answer("again");
  expect(await next).toEqual({ kind: "answer", value: "again" });
  await pool.close();
});

test("runners that cannot start, one after the other, fail all that wait for them", async () => {
  const pool = openPool(({ end }) => {
    queueMicrotask(() => end(new Error("no such file")));
    return { post() {}, hold() {}, stop: async () => {} };
  }, 1);
  const tasks = [1, 2].map(() => pool.run("1", { timeoutMs: 60_000, signal }));
  for (const task of tasks) await expect(task).rejects.toThrow("cannot start");
});
