import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
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
    const leave = await gate.enter(host, order);
    inside.push(host);
    return leave;
  };
  return { gate, inside, enter };
}

test("a busy host does not hold up those behind", async () => {
  const { inside, enter } = open();
  const [first] = ["a", "a", "a", "b", "c"].map((host) => enter(host));
  await turn();
  expect(inside).toEqual(["a", "a", "b"]);
  const leave = await first;
  leave?.();
  await turn();
  expect(inside).toEqual(["a", "a", "b", "a"]);
});

test("a place that is given back twice is free once", async () => {
  const { inside, enter } = open({ total: 1 });
  const [first] = ["a", "b", "c"].map((host) => enter(host));
  const leave = await first;
  leave?.();
  leave?.();
  await turn();
  expect(inside).toEqual(["a", "b"]);
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

test("an abort ends all waiting with its reason", async () => {
  const stop = new AbortController();
  const { gate, enter } = open({ total: 1, signal: stop.signal });
  await enter("a");
  const waiting = [gate.enter("b", 0), gate.enter("c", 0)];
  stop.abort(new Error("enough"));
  for (const one of waiting) await expect(one).rejects.toThrow("enough");
  await expect(gate.enter("d", 0)).rejects.toThrow("enough");
});
