import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

const module = new URL("../../src/isolate/collect-garbage.ts", import.meta.url).href;

/** A thread that collects once all of them are there. */
const program = `
  const { workerData, parentPort } = require("node:worker_threads");
  import(${JSON.stringify(module)}).then(({ collectGarbage }) => {
    const waiting = new Int32Array(workerData);
    Atomics.sub(waiting, 0, 1);
    while (Atomics.load(waiting, 0) > 0);
    collectGarbage(0);
    parentPort.postMessage("collected");
  });
`;

test("threads that collect at the same moment do not take V8's collection from each other", async () => {
  for (let round = 0; round < 10; round += 1) {
    const count = 3;
    const shared = new SharedArrayBuffer(4);
    new Int32Array(shared)[0] = count;
    const answers = Array.from({ length: count }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      new Worker(program, { eval: true, workerData: shared }).once("message", resolve).once("error", reject);
      return promise;
    });
    expect(await Promise.all(answers)).toEqual(["collected", "collected", "collected"]);
  }
});
