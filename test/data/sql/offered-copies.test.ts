import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { SqlAnswer } from "../../../src/data/sql.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { cachedIn, temporaryIn, untilKeptIn, writeSettledIn } from "../../support/kept-copies.ts";
import { sqlProcesses } from "../../support/sql-processes.ts";

let folder: DataFolder;

afterEach(() => folder.close());

async function ask(sql: string): Promise<SqlAnswer> {
  return await folder.sql.query({ sql, limit: 50, origin: {} }, { signal: new AbortController().signal });
}

test("of questions without a pause the third makes the copy, and the others are in nobody's way", async () => {
  folder = await openDataFolder({ keepAfterMs: 0, quietMs: 60_000 });
  await writeSettledIn(folder, "t.csv", "a,b\n1,x\n");
  for (const mark of [".asked", ".again", ".json"]) {
    expect((await ask("from 't.csv'")).rows).toEqual([[1, "x"]]);
    expect(await cachedIn(folder, mark)).toHaveLength(1);
    expect(await sqlProcesses()).toHaveLength(1);
  }
});

test("a statement that fails after its copies were made is explained, and leaves none of them behind", async () => {
  folder = await openDataFolder({ keepAfterMs: 0, quietMs: 60_000 });
  await writeSettledIn(folder, "t.csv", `a,b\n1,x\n`);
  for (let time = 0; time < 4; time++) {
    await expect(ask("select b::int from 't.csv'")).rejects.toThrow(`line 2 of 't.csv' holds "x"`);
    expect(await temporaryIn(folder)).toEqual([]);
    await ask("from 't.csv'");
  }
});

test("no copy is made while a statement runs, and each offer has its turn", async () => {
  folder = await openDataFolder({ keepAfterMs: 0, quietMs: 0 });
  await writeSettledIn(folder, "t.csv", "a,b\n1,x\n");
  const stop = new AbortController();
  const endless = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range = 7";
  const running = folder.sql.query({ sql: endless, limit: 1, origin: {} }, { signal: stop.signal });
  running.catch(() => undefined);
  await ask("from 't.csv'");
  await delay(200);
  expect(await cachedIn(folder, ".json")).toEqual([]);
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(await untilKeptIn(folder)).toHaveLength(1);
});
