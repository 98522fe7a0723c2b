import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childEnvironment } from "../../src/config/child-environment.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openHostedEngine } from "../../src/engine/host.ts";
import type { JsonValue } from "../../src/message.ts";
import { engineContract } from "../contracts/engine.ts";
import { configFor } from "../support/config.ts";

const plugin = fileURLToPath(new URL("../support/engine-tools.ts", import.meta.url));
const ignore = { signal: new AbortController().signal, progress: () => undefined };

function openHosted(plugins = [plugin]): Engine {
  return openHostedEngine({
    settings: configFor("/nonexistent", { plugins }) as JsonValue,
    environment: childEnvironment(),
    startedFor: () => [],
  });
}

engineContract("a hosted engine", async () => openHosted());

test("a killed engine answers its calls as unavailable and the next call starts a new one", async () => {
  const engine = openHosted();
  const [waiting, killing] = [engine.call("wait", {}, ignore), engine.call("die", {}, ignore)];
  expect(await killing).toMatchObject({
    ok: false,
    code: "unavailable",
    message: expect.stringContaining("call again"),
  });
  expect(await waiting).toMatchObject({ ok: false, code: "unavailable" });
  expect(await engine.call("echo", { text: "again" }, ignore)).toMatchObject({ ok: true, value: { text: "again" } });
  await engine.close();
});

test("a tool that blocks its engine is cancelled with the engine, and the next call starts a new one", async () => {
  const engine = openHosted();
  const abort = new AbortController();
  await engine.definitions();
  const blocked = engine.call("block", {}, { ...ignore, signal: abort.signal });
  abort.abort();
  expect(await blocked).toMatchObject({ ok: false, code: "cancelled" });
  expect(await engine.call("echo", { text: "again" }, ignore)).toMatchObject({ ok: true });
  await engine.close();
});

test("what a tool prints does not disturb the engine, which runs in another process", async () => {
  const engine = openHosted();
  const result = await engine.call("print", {}, ignore);
  expect(result.ok && result.value["pid"]).not.toBe(process.pid);
  await engine.close();
});

test("an engine that cannot start answers with the reason", async () => {
  const engine = openHosted(["/nonexistent/plugin.ts"]);
  expect(await engine.call("echo", { text: "a" }, ignore)).toMatchObject({
    ok: false,
    code: "unavailable",
    message: expect.stringContaining("/nonexistent/plugin.ts"),
  });
  await engine.close();
});
