import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { childEnvironment } from "../../src/config/child-environment.ts";
import { startsSql } from "../../src/engine/channel.ts";
import { openHostedEngine } from "../../src/engine/host.ts";
import type { JsonValue } from "../../src/message.ts";
import { isAlive } from "../support/alive.ts";
import { configFor, temporaryFolder } from "../support/config.ts";
import { sqlProcesses } from "../support/sql-processes.ts";

const ignore = { signal: new AbortController().signal, progress: () => undefined };

function openWithSql() {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.csv"), "n\n1\n2\n");
  return openHostedEngine({
    settings: configFor(folder) as JsonValue,
    environment: childEnvironment(),
    startedFor: () => [startsSql],
  });
}

const sum = { sql: "select sum(n) as total from 'a.csv'" };
const three = { ok: true, value: { rows: [[3]] } };

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20);
}

test.skipIf(process.platform !== "linux")(
  "SQL that is started along with an engine answers it, and ends with it",
  async () => {
    const before = await sqlProcesses();
    const engine = openWithSql();
    expect(await engine.call("query_data", sum, ignore)).toMatchObject(three);
    const started = (await sqlProcesses()).filter((pid) => !before.includes(pid));
    expect(started).toHaveLength(1);
    await engine.close();
    await untilGone(started[0] ?? 0);
  },
);

test.skipIf(process.platform !== "linux")("where it dies, the engine starts another by itself", async () => {
  const before = await sqlProcesses();
  const engine = openWithSql();
  expect(await engine.call("query_data", sum, ignore)).toMatchObject(three);
  const [pid = 0] = (await sqlProcesses()).filter((one) => !before.includes(one));
  process.kill(pid, "SIGKILL");
  await untilGone(pid);
  // that a process has ended is seen a moment later; a call in that moment is answered as unavailable
  await expect.poll(() => engine.call("query_data", sum, ignore), { timeout: 10_000 }).toMatchObject(three);
  await engine.close();
});

test.skipIf(process.platform !== "linux")("a statement that takes too much is stopped all the same", async () => {
  const before = await sqlProcesses();
  const engine = openWithSql();
  const abort = new AbortController();
  const endless = { sql: "select count(*) from range(10000000000) a, range(1000) b" };
  const running = engine.call("query_data", endless, { ...ignore, signal: abort.signal });
  await engine.definitions();
  await delay(500);
  const [pid = 0] = (await sqlProcesses()).filter((one) => !before.includes(one));
  expect(isAlive(pid)).toBe(true);
  abort.abort();
  expect(await running).toMatchObject({ ok: false, code: "cancelled" });
  await untilGone(pid);
  await engine.close();
});
