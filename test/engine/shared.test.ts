import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import type { Config } from "../../src/config.ts";
import { childEnvironment } from "../../src/config/child-environment.ts";
import { findEngines } from "../../src/engine/shared/status.ts";
import { openShared } from "../../src/runtime/shared-engine.ts";
import { engineContract } from "../contracts/engine.ts";
import { isAlive } from "../support/alive.ts";
import { configFor } from "../support/config.ts";
import { ignore, meetingPlace, openIn, pidOf, plugin, stopAll } from "../support/shared-engines.ts";

const contractFolder = join("/tmp", `axoner-contract-${process.pid}`);
afterAll(() => stopAll(contractFolder));
engineContract("a shared engine", async () =>
  openShared(configFor("/nonexistent", { plugins: [plugin], shared_engine: "on" }), { folder: contractFolder }),
);

describe("whose engine it is", () => {
  test("servers of one configuration that start at once find the same engine", async () => {
    const folder = meetingPlace();
    const pids = await Promise.all(Array.from({ length: 20 }, () => pidOf(openIn(folder))));
    expect(new Set(pids).size).toBe(1);
    expect(pids[0]).not.toBe(process.pid);
    expect(await findEngines(folder)).toHaveLength(1);
  });

  test("servers whose roots, keys, addresses, proxies or workspaces differ have engines of their own", async () => {
    const folder = meetingPlace();
    const changes: Partial<Config>[] = [
      {},
      { roots: ["/nonexistent/other"] },
      { secrets: { OPENAI_API_KEY: "sk-another" } },
      { allow_private: ["127.0.0.1"] },
      { proxies: { except: ["example.org"] } },
      { workspace: "/nonexistent/workspace" },
    ];
    const pids = await Promise.all(changes.map((changed) => pidOf(openIn(folder, changed))));
    expect(new Set(pids).size).toBe(changes.length);
  });

  test("how long a client waits is no matter of the engine", async () => {
    const folder = meetingPlace();
    expect(await pidOf(openIn(folder))).toBe(
      await pidOf(openIn(folder, { answer_within: 1_000, shared_engine: "auto" })),
    );
  });

  test("a plugin that has changed gets another engine", async () => {
    const folder = meetingPlace();
    const copy = join(folder, "../plugin.mjs");
    const write = (name: string) =>
      writeFileSync(
        copy,
        `import { defineTool } from "axoner"; import { z } from "zod";
        export const t = defineTool({ name: "${name}", description: "-", input: z.object({}), output: z.object({}), run: async () => ({}) });`,
      );
    write("before");
    expect(await openIn(folder, { plugins: [copy] }).call("before", {}, ignore)).toMatchObject({ ok: true });
    write("afterwards");
    expect(await openIn(folder, { plugins: [copy] }).call("afterwards", {}, ignore)).toMatchObject({ ok: true });
  });
});

describe("how it ends", () => {
  test("when nothing has run for the idle time nothing of it is left, and a server that stays finds the next one", async () => {
    const folder = meetingPlace();
    const engine = openIn(folder, { engine_idle: 200 });
    const pid = await pidOf(engine);
    await expect.poll(() => isAlive(pid) || existsSync(folder), { timeout: 10_000 }).toBe(false);
    expect(await pidOf(engine)).not.toBe(pid);
  });

  test("a call that takes longer than the idle time is answered", async () => {
    const engine = openIn(meetingPlace(), { engine_idle: 50 });
    expect(await engine.call("linger", { ms: 600 }, ignore)).toMatchObject({ ok: true });
  });

  test("calls that come while it ends are answered by it or by the next one", async () => {
    const engine = openIn(meetingPlace(), { engine_idle: 1 });
    for (let call = 0; call < 5; call += 1) {
      expect(await engine.call("echo", { text: `${call}` }, ignore)).toMatchObject({ value: { text: `${call}` } });
      await new Promise((resolve) => setTimeout(resolve, call % 3));
    }
  });

  test("a call that follows the list of tools at once is answered, though the engine ends in that moment", async () => {
    const folder = meetingPlace();
    for (let round = 0; round < 8; round += 1) {
      const engine = openIn(folder, { engine_idle: 1 });
      await engine.definitions();
      expect(await engine.call("echo", { text: "a" }, ignore)).toMatchObject({ value: { text: "a" } });
      await engine.close();
    }
  });

  test("killed in a call, it is told as unavailable, and the next call starts another", async () => {
    const folder = meetingPlace();
    const [engine, other] = [openIn(folder), openIn(folder)];
    const pid = await pidOf(engine);
    const calls = [engine.call("wait", {}, ignore), other.call("wait", {}, ignore)];
    await other.call("echo", { text: "both are there" }, ignore);
    process.kill(pid, "SIGKILL");
    for (const result of await Promise.all(calls)) expect(result).toMatchObject({ ok: false, code: "unavailable" });
    const pids = await Promise.all([pidOf(engine), pidOf(other)]);
    expect(pids[0]).toBe(pids[1]);
    expect(pids[0]).not.toBe(pid);
  });

  test("stopped, it has cancelled what ran, and nothing of it is left", async () => {
    const folder = meetingPlace();
    const engine = openIn(folder);
    const pid = await pidOf(engine);
    const call = engine.call("wait", {}, ignore);
    await engine.call("echo", { text: "running" }, ignore);
    await stopAll(folder);
    expect(await call).toMatchObject({ ok: false, code: "cancelled" });
    await expect.poll(() => isAlive(pid) || existsSync(folder)).toBe(false);
  });

  test("an engine of another version ends when one of this version comes", async () => {
    const folder = meetingPlace();
    await pidOf(openIn(folder));
    const name = (await findEngines(folder))[0]?.place.name ?? "";
    await stopAll(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const older = name.replace(/-.*/, "-00000000");
    const program = fileURLToPath(new URL("../../src/engine-host.ts", import.meta.url));
    const child = spawn(process.execPath, [program, "shared", folder, older], {
      stdio: "ignore",
      env: childEnvironment(),
    });
    const exited = once(child, "exit");
    onTestFinished(() => void child.kill("SIGKILL"));
    await expect.poll(() => existsSync(join(folder, `${older}.sock`)), { timeout: 10_000 }).toBe(true);
    const engine = openIn(folder);
    expect(await pidOf(engine)).not.toBe(child.pid);
    expect(await exited).toEqual([0, null]);
    expect((await findEngines(folder)).map(({ place }) => place.name)).toEqual([name]);
  });

  test("what a killed engine of another configuration left is removed by the next one that starts", async () => {
    const folder = meetingPlace();
    const killed = await pidOf(openIn(folder, { roots: ["/nonexistent/other"] }));
    process.kill(killed, "SIGKILL");
    await pidOf(openIn(folder));
    const names = () => new Set(readdirSync(folder).map((file) => file.split(".")[0]));
    await expect.poll(() => names().size, { timeout: 10_000 }).toBe(1);
  });

  test("a tool that blocks it is cancelled, and the engine that answers nobody is replaced", async () => {
    const folder = meetingPlace();
    const engine = openIn(folder);
    const pid = await pidOf(engine);
    const abort = new AbortController();
    const blocked = engine.call("block", {}, { ...ignore, signal: abort.signal });
    setTimeout(() => abort.abort(), 200); // it has begun by then, or the test shows less
    expect(await blocked).toMatchObject({ ok: false, code: "cancelled" });
    expect(await pidOf(engine)).not.toBe(pid);
    expect(isAlive(pid)).toBe(false);
  });

  test("a server that closes its end stops its own calls and no others", async () => {
    const folder = meetingPlace();
    const [engine, other] = [openIn(folder), openIn(folder)];
    const slow = other.call("linger", { ms: 500 }, ignore);
    const stopped = engine.call("wait", {}, ignore);
    await engine.call("echo", { text: "there" }, ignore);
    await engine.close();
    expect(await stopped).toMatchObject({ ok: false, code: "cancelled" });
    expect(await slow).toMatchObject({ ok: true });
    await expect.poll(async () => (await findEngines(folder))[0]?.status.calls).toBe(0);
  });
});
