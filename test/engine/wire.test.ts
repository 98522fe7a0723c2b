import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { openLocalEngine } from "../../src/engine/local.ts";
import { connectEngine, serveEngine } from "../../src/engine/wire.ts";
import type { Services } from "../../src/tools/services.ts";
import { engineContract } from "../contracts/engine.ts";
import * as tools from "../support/engine-tools.ts";
import { socketPair } from "../support/socket-pair.ts";

const ignore = { signal: new AbortController().signal, progress: () => undefined };
const openTools = async () => openLocalEngine({ tools: Object.values(tools), services: () => ({}) as Services });

async function connected(): Promise<{ engine: ReturnType<typeof connectEngine>; server: Socket }> {
  const [client, server] = await socketPair();
  serveEngine(server, openTools, () => undefined);
  return { engine: connectEngine(client, {}), server };
}

test("a lost connection answers calls in flight and later ones as unavailable", async () => {
  const { engine, server } = await connected();
  const call = engine.call("wait", {}, ignore);
  await engine.call("echo", { text: "a" }, ignore);
  server.destroy();
  expect(await call).toMatchObject({ ok: false, code: "unavailable" });
  expect(await engine.call("echo", { text: "a" }, ignore)).toMatchObject({ ok: false, code: "unavailable" });
});

test("a result that would hold the caller up while it is read is refused, and the next is given", async () => {
  const { engine } = await connected();
  const refused = await engine.call("echo", { text: "0123456789", times: 900_000 }, ignore);
  expect(refused).toMatchObject({ ok: false, code: "too_large", message: expect.stringContaining("result of echo") });
  expect(await engine.call("echo", { text: "a" }, ignore)).toMatchObject({ ok: true, value: { text: "a" } });
});

test("of progress that comes all at once some and the last are sent", async () => {
  const told: number[] = [];
  const { engine } = await connected();
  await engine.call("hurry", { steps: 10_000 }, { ...ignore, progress: ({ done }) => void told.push(done) });
  expect(told.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(told.at(-1)).toBe(10_000);
  expect(told.length).toBeLessThan(5_000);
});

test("of progress without a known end the last is sent too", async () => {
  const told: number[] = [];
  const { engine } = await connected();
  const progress = ({ done }: { done: number }) => void told.push(done);
  await engine.call("hurry", { steps: 10_000, is_open: true }, { ...ignore, progress });
  expect(told.at(-1)).toBe(10_000);
});

test("a line that is no frame ends the connection", async () => {
  const { engine, server } = await connected();
  await engine.definitions();
  server.write("not a frame\n");
  await engine.closed;
  expect(await engine.call("echo", { text: "a" }, ignore)).toMatchObject({ ok: false, code: "unavailable" });
});

test("an engine that ends takes no call from the moment at which it says so", async () => {
  const [client, server] = await socketPair();
  const connection = connectEngine(client, {});
  expect(connection.takesCalls()).toBe(true);
  server.write('{"ready":[]}\n{"closing":true}\n');
  await connection.definitions();
  expect(connection.takesCalls()).toBe(false);
});

test("an engine that does not open says why", async () => {
  const [client, server] = await socketPair();
  serveEngine(
    server,
    () => Promise.reject(new Error("no such plugin")),
    () => undefined,
  );
  await expect(connectEngine(client, {}).definitions()).rejects.toThrow("no such plugin");
});

test("the engine is closed when its caller goes away", async () => {
  const [client, server] = await socketPair();
  const closed = Promise.withResolvers<void>();
  serveEngine(server, openTools, closed.resolve);
  const engine = connectEngine(client, {});
  await engine.definitions();
  client.destroy();
  await expect(closed.promise).resolves.toBeUndefined();
});

engineContract("a connection to a served engine", async () => {
  const { engine } = await connected();
  await engine.definitions();
  return withClosedAsCancelled(engine);
});

/** A bare connection calls its own end a loss; the host, which knows that it closed it, calls it cancelled. */
function withClosedAsCancelled(engine: ReturnType<typeof connectEngine>): ReturnType<typeof connectEngine> {
  let closed = false;
  return {
    ...engine,
    async call(name, input, options) {
      const result = await engine.call(name, input, options);
      return closed && !result.ok && result.code === "unavailable" ? { ...result, code: "cancelled" } : result;
    },
    async close() {
      closed = true;
      await engine.close();
    },
  };
}
