import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { isAlive } from "../support/alive.ts";
import { cpuTicksOf, descendantsOf } from "../support/process-tree.ts";
import { builtServer, misbehaving } from "../support/server.ts";
import { jobOf, openSharedServers, type SharedServers } from "../support/shared-servers.ts";
import { openSite } from "../support/site.ts";

const patient = { timeout: 15_000 };

async function callsIn({ engines }: SharedServers): Promise<number | undefined> {
  return (await engines())[0]?.status.calls;
}

describe("work whose caller is gone", () => {
  test("50 servers that are killed in their calls leave one engine without work, and nothing once it is idle", async () => {
    const servers = openSharedServers();
    const { start, pid, place } = servers;
    const args = ["--plugin", misbehaving, "--engine-idle", "2s"];
    const witness = start(args);
    const started = Array.from({ length: 50 }, () => start(args));
    for (const server of started) server.call("wait").catch(() => undefined);
    await expect.poll(() => callsIn(servers), { timeout: 30_000 }).toBe(50);
    const engine = await pid();
    for (const { child } of started) child.kill("SIGKILL");
    await Promise.all(started.map(({ exited }) => exited));
    // no time passes until their work is stopped: not even a few calls of another
    for (let call = 0; call < 3; call += 1) await witness.call("echo", { text: "there" });
    expect(await callsIn(servers)).toBe(0);
    witness.child.kill();
    await expect.poll(() => existsSync(place) || isAlive(engine), patient).toBe(false);
  }, 90_000);

  test.runIf(process.platform === "linux")("a statement is stopped, in its process too", async () => {
    const servers = openSharedServers();
    const server = servers.start([]);
    server
      .call("query_data", { sql: "select max(hash(a.range)) from range(1000000) a, range(10000000) b" })
      .catch(() => undefined);
    await expect.poll(() => callsIn(servers), patient).toBe(1);
    const engine = await servers.pid();
    // what runs SQL first is started by the server, as the engine is
    const seen = new Set<number>();
    const working = async () => {
      for (const pid of [...descendantsOf(server.child.pid ?? 0), ...descendantsOf(engine)]) seen.add(pid);
      const pids = [...seen];
      const before = pids.map(cpuTicksOf);
      await delay(300);
      return pids.some((pid, index) => isAlive(pid) && cpuTicksOf(pid) > (before[index] ?? 0) + 5);
    };
    await expect.poll(working, patient).toBe(true);
    server.child.kill("SIGKILL");
    await expect.poll(() => callsIn(servers), patient).toBe(0);
    await expect.poll(working, patient).toBe(false);
    expect(isAlive(engine)).toBe(true);
  });

  test("the connections of a scrape are closed", async () => {
    const servers = openSharedServers();
    let open = 0;
    const site = await openSite({
      "/never": (response) => {
        open += 1;
        response.once("close", () => (open -= 1));
      },
    });
    onTestFinished(() => site.close());
    const server = servers.start(["--allow-private", site.host]);
    const urls = Array.from({ length: 20 }, (_, n) => `${site.origin}/never?${n}`);
    server.call("scrape", { urls, per_host: 20, timeout_s: 60 }).catch(() => undefined);
    await expect.poll(() => open, patient).toBe(20);
    server.child.kill("SIGKILL");
    await expect.poll(() => open, patient).toBe(0);
    await expect.poll(() => callsIn(servers), patient).toBe(0);
  });
});

test.runIf(process.platform === "linux")("after the idle time a server is all that is left of its calls", async () => {
  const { start, engines } = openSharedServers();
  const server = start(["--engine-idle", "1s"]);
  const answers = { calculate: { expression: "2 kg * 3 m/s^2" }, query_data: { sql: "select 42 as answer" } };
  for (const [tool, input] of Object.entries(answers)) await server.call(tool, input);
  expect(await engines()).toHaveLength(1);
  expect(descendantsOf(server.child.pid ?? 0)).not.toEqual([]);
  await expect.poll(() => descendantsOf(server.child.pid ?? 0), patient).toEqual([]);
  expect(await server.call("calculate", { expression: "6 * 7 kg" })).toMatchObject({
    structuredContent: { result: "42 kg" },
  });
});

describe("an engine that is killed or has grown", () => {
  test.runIf(process.platform === "linux")("leaves no process of its own", async () => {
    const { start, pid, folder } = openSharedServers();
    const server = start([]);
    writeFileSync(join(folder, "sales.csv"), "city,amount\nLyon,10\nOslo,32\n");
    const chart = { source: "sales.csv", mark: "bar", x: "city", y: "amount" };
    expect(await server.call("chart", chart)).not.toHaveProperty("isError", true);
    const engine = await pid();
    const own = descendantsOf(engine);
    expect(own.length).toBeGreaterThan(1); // SQL and charts
    process.kill(engine, "SIGKILL");
    await expect.poll(() => own.filter(isAlive), patient).toEqual([]);
  });

  test("ends with its last call where it holds more than 600 MB, and the next call has another", async () => {
    const { start } = openSharedServers();
    const server = start();
    const hoard = async (megabytes: number) => {
      const { structuredContent } = await server.call("hoard", { megabytes });
      return Number((structuredContent as JsonObject)["pid"]);
    };
    const first = await hoard(1);
    expect(await hoard(1)).toBe(first);
    await hoard(650);
    await expect.poll(() => isAlive(first), patient).toBe(false);
    expect(await hoard(1)).not.toBe(first);
  });
});

describe("a client that gives up", () => {
  test("after 5 s gets the result of work of 12 s in calls that each are answered", async () => {
    const { folder } = openSharedServers();
    const client = new Client({ name: "impatient", version: "1" });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [builtServer, "--plugin", misbehaving],
      cwd: folder,
      env: { PATH: process.env["PATH"] ?? "", HOME: `${folder}/home` },
    });
    await client.connect(transport);
    onTestFinished(() => client.close());
    const call = async (name: string, input: JsonObject) =>
      (await client.callTool({ name, arguments: input }, undefined, { timeout: 5_000 })) as JsonObject;
    await call("echo", { text: "warm" });
    const { job_id } = jobOf(await call("linger", { ms: 12_000 }));
    const states: unknown[] = [];
    while (states.at(-1) !== "done" && states.length < 10)
      states.push(((await call("job", { job_id }))["structuredContent"] as JsonObject)["status"]);
    expect(states).toEqual([...Array.from({ length: states.length - 1 }, () => "running"), "done"]);
    expect(states.length).toBeGreaterThan(1);
  }, 60_000);
});
