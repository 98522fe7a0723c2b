import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ToolError } from "../../../src/errors.ts";
import type { SqlAnswer } from "../../../src/data/sql.ts";
import { sqlProcesses } from "../../support/sql-processes.ts";
import { isAlive } from "../../support/alive.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeEach(async () => {
  folder = await openDataFolder();
});

afterEach(async () => {
  await folder.close();
});

async function query(sql: string): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}

async function failure(sql: string): Promise<{ code: string; message: string }> {
  const thrown: unknown = await query(sql).catch((error: unknown) => error);
  if (!(thrown instanceof ToolError)) throw new Error(`"${sql}" did not fail as it should`, { cause: thrown });
  return { code: thrown.code, message: thrown.message };
}

const endless = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range = 7";

test("an abort settles the query at once and kills its process", async () => {
  const stop = new AbortController();
  const running = folder.sql.query({ sql: endless, limit: 1, origin: {} }, { signal: stop.signal });
  running.catch(() => undefined);
  let [pid] = await sqlProcesses();
  while (pid === undefined) [pid] = await delay(20).then(sqlProcesses);
  stop.abort(new Error("stopped by the user"));
  await expect(running).rejects.toThrow("stopped by the user");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  expect(await query("select 1")).toMatchObject({ rows: [[1]] });
});

test("a statement that takes too long is stopped", async () => {
  const request = { sql: endless, limit: 1, origin: {} };
  const running = folder.sql.query(request, { signal: new AbortController().signal, timeoutMs: 700 });
  await expect(running).rejects.toMatchObject({ code: "timeout" });
});

test("a killed process is an error, and the next query works", async () => {
  const running = failure(endless);
  let [pid] = await sqlProcesses();
  while (pid === undefined) [pid] = await delay(20).then(sqlProcesses);
  process.kill(pid, "SIGKILL");
  expect(await running).toMatchObject({ code: "unavailable" });
  expect(await query("select 1")).toMatchObject({ rows: [[1]] });
});

/** What lies in the workspace for a while. */
async function temporaryFiles(): Promise<string[]> {
  return await readdir(join(folder.workspace, "tmp")).catch(() => []);
}

const large = "select i, sha256(i::varchar) from range(30000000) t(i)";

test("a process that is killed by others leaves no temporary files", async () => {
  const running = failure(large);
  await expect.poll(temporaryFiles, { timeout: 5_000 }).not.toEqual([]);
  for (const pid of await sqlProcesses()) process.kill(pid, "SIGKILL");
  expect(await running).toMatchObject({ code: "unavailable" });
  await expect.poll(temporaryFiles, { timeout: 5_000 }).toEqual([]);
});

test("a result is kept although its process is not needed any more", async () => {
  const save = async (index: number) => {
    const request = { sql: `select ${index} as n`, limit: 1, saveAs: `n${index}`, origin: {} };
    return await folder.sql.query(request, { signal: new AbortController().signal });
  };
  const answers = await Promise.all([0, 1, 2, 3, 4, 5].map(save));
  expect(answers.map(({ dataset }) => dataset?.name)).toEqual(["n0", "n1", "n2", "n3", "n4", "n5"]);
  expect(await query("select n from n3")).toMatchObject({ rows: [[3]] });
});

test("statements run beside each other, and more wait for their turn", async () => {
  const answers = await Promise.all(Array.from({ length: 7 }, (_, index) => query(`select ${index}`)));
  expect(answers.map(({ rows }) => rows[0]?.[0])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  await expect.poll(async () => (await sqlProcesses()).length).toBe(1);
});

test("closing the engine ends what runs", async () => {
  const running = failure(endless);
  await delay(100);
  await folder.sql.close();
  expect(await running).toMatchObject({ code: "cancelled" });
  expect(await sqlProcesses()).toEqual([]);
});

test.each(["select range(2000000000)", "select repeat('x', 40000000) from range(50) limit 50"])(
  "a statement that takes more memory than DuckDB counts is stopped: %s",
  async (sql) => {
    const small = await openDataFolder({ memoryLimitMb: 120 });
    try {
      const asked = { sql, limit: 50, origin: {} };
      await expect(small.sql.query(asked, { signal: new AbortController().signal })).rejects.toMatchObject({
        code: "too_large",
      });
    } finally {
      await small.close();
    }
  },
);

test("a statement that writes too much is stopped, and leaves nothing", async () => {
  const small = await openDataFolder({ diskLimitMb: 5 });
  try {
    const asked = { sql: "select uuid() as u, uuid() as v from range(100000000000)", limit: 1, origin: {} };
    await expect(small.sql.query(asked, { signal: new AbortController().signal })).rejects.toThrow(
      /writes more than 5 MB to disk/,
    );
    await expect.poll(() => readdir(join(small.workspace, "tmp"))).toEqual([]);
  } finally {
    await small.close();
  }
});

test("the SQL process ends with its parent, even in the middle of a statement, and leaves no temporary files", async () => {
  const parent = fork(new URL("../../support/sql-parent.ts", import.meta.url), [folder.root, large], { execArgv: [] });
  const [message] = (await once(parent, "message")) as [{ pid: number }];
  await expect.poll(temporaryFiles, { timeout: 5_000 }).not.toEqual([]);
  parent.kill("SIGKILL");
  await expect.poll(() => isAlive(message.pid), { timeout: 5_000 }).toBe(false);
  expect(await temporaryFiles()).toEqual([]);
});
