import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openGate, type GateOptions } from "../../src/web/politeness.ts";

function open(options: Partial<GateOptions> = {}) {
  const gate = openGate({
    total: 3,
    perHost: 2,
    signal: new AbortController().signal,
    mayStart: () => true,
    ...options,
  });
  const inside: string[] = [];
  const enter = async (host: string, order = 0) => {
    const place = await gate.enter({ host, order, patienceMs: 1_000 });
    inside.push(host);
    return place;
  };
  return { gate, inside, enter };
}

test("a busy host does not hold up those behind", async () => {
  const { inside, enter } = open();
  const [first] = ["a", "a", "a", "b", "c"].map((host) => enter(host));
  await turn();
  expect(inside).toEqual(["a", "a", "b"]);
  const place = await first;
  place?.leave();
  await turn();
  expect(inside).toEqual(["a", "a", "b", "a"]);
});

test("a place that is given back twice is free once", async () => {
  const { inside, enter } = open({ total: 1 });
  const [first] = ["a", "b", "c"].map((host) => enter(host));
  const place = await first;
  place?.leave();
  place?.leave();
  await turn();
  expect(inside).toEqual(["a", "b"]);
});

test("an idle place is for one that all others wait for", async () => {
  let next = 0;
  const { gate, inside, enter } = open({ total: 2, isFirst: (order) => order <= next });
  const places = await Promise.all([enter("a", 1), enter("a", 2)]);
  void enter("a", 3);
  void enter("a", 4);
  for (const place of places) place.setIdle(true);
  await turn();
  expect(inside).toEqual(["a", "a"]);
  next = 3;
  gate.recheck();
  await turn();
  expect(inside).toEqual(["a", "a", "a"]);
  places[0]?.leave();
  await turn();
  expect(inside).toHaveLength(3);
});

test("work that may not start yet waits for a recheck", async () => {
  let next = 0;
  const { gate, inside, enter } = open({ mayStart: (order) => order <= next });
  void enter("a", 1);
  void enter("b", 0);
  await turn();
  expect(inside).toEqual(["b"]);
  next = 1;
  gate.recheck();
  await turn();
  expect(inside).toEqual(["b", "a"]);
});

test("whoever works for the earliest page is next, also if it came last", async () => {
  const { inside, enter } = open({ total: 1 });
  const first = enter("a", 0);
  const others = Object.entries({ b: 7, c: 3, d: -1, e: 3 }).map(async ([host, order]) =>
    (await enter(host, order)).leave(),
  );
  (await first).leave();
  await Promise.all(others);
  expect(inside).toEqual(["a", "d", "c", "e", "b"]);
});

test("an abort ends all waiting with its reason", async () => {
  const stop = new AbortController();
  const { enter } = open({ total: 1, signal: stop.signal });
  await enter("a");
  const waiting = ["b", "c"].map((host) => enter(host));
  stop.abort(new Error("enough"));
  for (const one of waiting) await expect(one).rejects.toThrow("enough");
  await expect(enter("d")).rejects.toThrow("enough");
});

describe("a host that complains", () => {
  afterEach(() => void vi.useRealTimers());

  function openTimed(perHost = 4) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const opened = open({ total: 10, perHost });
    const pace = opened.gate.pace("a");
    const later = async (ms: number) => void (await vi.advanceTimersByTimeAsync(ms));
    return { ...opened, pace, later, slow: (afterMs: number) => pace.slow(performance.now(), afterMs) };
  }

  test("is left alone as long as it says, and asked for half as much at once then", async () => {
    const { enter, inside, later, slow } = openTimed();
    slow(800);
    for (const host of ["a", "a", "a", "b"]) void enter(host);
    await later(799);
    expect(inside).toEqual(["b"]);
    await later(2);
    expect(inside).toEqual(["b", "a", "a"]);
  });

  test("is left alone for longer each time where it does not say", async () => {
    const { pace, later } = openTimed();
    const pauses: number[] = [];
    for (let time = 0; time < 4; time++) {
      pace.slow(performance.now(), 0);
      pauses.push(pace.pauseMs(performance.now()));
      await later(60_000);
    }
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses[3]).toBeGreaterThan(4 * (pauses[0] ?? 0));
  });

  test("has complained once where several requests were under way", () => {
    const { pace, slow } = openTimed(16);
    for (let time = 0; time < 16; time++) slow(0);
    expect(pace.limit()).toBe(8);
    expect(pace.isHopeless()).toBe(false);
  });

  test("is asked for more again once it answers", async () => {
    const { pace, later, slow } = openTimed();
    for (let time = 0; time < 3; time++) {
      slow(10);
      await later(20);
    }
    expect(pace.limit()).toBe(1);
    for (let time = 0; time < 20; time++) pace.relax();
    expect(pace.limit()).toBe(4);
  });

  test("refuses who would have to wait for too long, and everybody in the end", async () => {
    const { enter, later, slow } = openTimed();
    slow(2_000);
    await expect(enter("a")).rejects.toMatchObject({
      code: "rate_limited",
      message: expect.stringMatching(/alone for 2 s/),
    });
    await later(2_000);
    await enter("a");
    for (let time = 0; time < 6; time++) {
      slow(10);
      await later(20);
    }
    await expect(enter("a")).rejects.toMatchObject({
      code: "rate_limited",
      message: expect.stringMatching(/again and again/),
    });
    await enter("b");
  });

  test("by a crawl delay gets its requests that far apart, whoever waits", async () => {
    const { enter, inside, pace, later } = openTimed();
    pace.space(5_000);
    for (const host of ["a", "a", "a"]) void enter(host);
    await later(0);
    for (const count of [1, 2, 3]) {
      expect(inside).toHaveLength(count);
      await later(5_000);
    }
  });
});
