import { once } from "node:events";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectEngine, serveEngine } from "../../src/engine/wire.ts";
import type { JsonObject } from "../../src/message.ts";
import { givenUp, openJobLab, patient, wentOn } from "../support/job-lab.ts";
import { socketPair } from "../support/socket-pair.ts";

const answer = {
  ok: true,
  value: {
    status: "running",
    job_id: expect.stringMatching(/^job_/),
    done: 0,
    message: "wait for it with the tool job",
  },
};

/** A served engine that keeps jobs, as a shared one: it outlives the connection. `caller` is the other end, bare. */
async function served() {
  const { engine, interrupted } = openJobLab();
  const [caller, server] = await socketPair();
  onTestFinished(() => void caller.destroy());
  const closed = Promise.withResolvers<void>();
  serveEngine(server, async () => ({ ...engine, close: async () => undefined }), closed.resolve);
  return { caller, closed: closed.promise, interrupted, engine };
}

function bare(caller: Socket) {
  const lines = createInterface({ input: caller })[Symbol.asyncIterator]();
  return {
    send: (frame: JsonObject) => void caller.write(`${JSON.stringify(frame)}\n`),
    next: async () => JSON.parse(String((await lines.next()).value)) as JsonObject,
  };
}

/** Have a call answered with a job, and do nothing further. */
async function begin(caller: Socket) {
  const { send, next } = bare(caller);
  send({ open: {} });
  expect(await next()).toHaveProperty("ready");
  send({ call: 1, name: "wait", input: {}, within: 20 });
  expect(await next()).toEqual({ result: 1, value: answer });
  return { send, next };
}

/** Another call of the same connection is answered: what was sent before it has been read. */
async function read({ send, next }: ReturnType<typeof bare>) {
  send({ call: 2, name: "echo", input: { text: "read" } });
  expect(await next()).toMatchObject({ result: 2, value: { ok: true } });
}

describe("a job with which a call was answered", () => {
  test("is stopped by a cancellation that crossed the answer", async () => {
    const { caller, interrupted } = await served();
    const { send } = await begin(caller);
    send({ cancel: 1 });
    await expect.poll(interrupted, patient).toBe(givenUp);
  });

  test("is stopped when its caller goes away without having taken it", async () => {
    const { caller, interrupted } = await served();
    await begin(caller);
    caller.destroy();
    await expect.poll(interrupted, patient).toBe(givenUp);
  });

  test("goes on when its caller has taken it, whatever that does then", async () => {
    const { caller, closed, interrupted, engine } = await served();
    const wire = await begin(caller);
    wire.send({ taken: 1 });
    wire.send({ cancel: 1 });
    await read(wire);
    caller.destroy();
    await closed;
    await engine.close();
    expect(interrupted()).toBe(wentOn);
  });
});

describe("a caller over the wire", () => {
  const running = { ok: true, value: { status: "running", job_id: "job_1", done: 0 } };

  async function calling() {
    const [client, server] = await socketPair();
    onTestFinished(() => void client.destroy());
    const [abort, passedOn] = [new AbortController(), new AbortController()];
    const { send, next } = bare(server);
    const connection = connectEngine(client, {});
    const call = (signal: AbortSignal) =>
      connection.call("wait", {}, { signal, passedOn: passedOn.signal, progress: () => undefined, answerWithinMs: 20 });
    const result = call(abort.signal);
    expect(await next()).toHaveProperty("open");
    expect(await next()).toMatchObject({ call: 1, name: "wait" });
    return {
      abort,
      passedOn,
      send,
      next,
      result,
      server,
      /** What the next call comes after. */
      async nextCall() {
        void call(new AbortController().signal);
        expect(await next()).toMatchObject({ call: 2 });
      },
    };
  }

  test("takes a job as it passes it on, and has no more to do with it", async () => {
    const { abort, passedOn, send, next, result, nextCall } = await calling();
    send({ result: 1, value: running });
    expect(await result).toEqual(running);
    passedOn.abort();
    abort.abort();
    expect(await next()).toEqual({ taken: 1 });
    await nextCall();
  });

  test("that has given up takes no job, and is answered as cancelled", async () => {
    const { abort, passedOn, send, next, result, nextCall } = await calling();
    abort.abort();
    expect(await next()).toEqual({ cancel: 1 });
    send({ result: 1, value: running });
    expect(await result).toMatchObject({ ok: false, code: "cancelled" });
    passedOn.abort();
    await nextCall();
  });

  test("that gives up before it has passed the answer on takes no job", async () => {
    const { abort, passedOn, send, next, result, nextCall } = await calling();
    send({ result: 1, value: running });
    await result;
    abort.abort();
    passedOn.abort();
    expect(await next()).toEqual({ cancel: 1 });
    await nextCall();
  });

  test("takes a job also of an engine that is about to end", async () => {
    const { passedOn, send, next, result, server } = await calling();
    const ended = once(server, "end");
    send({ result: 1, value: running });
    send({ closing: true });
    await result;
    passedOn.abort();
    expect(await next()).toEqual({ taken: 1 });
    await ended;
  });
});
