import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("t.csv", `a,b\n${"1,x\n".repeat(500_000)}`);
});

afterAll(async () => {
  await folder.close();
});

/** The process that runs SQL for this one, and the seconds of CPU it has taken; undefined where there is none. */
async function busyChild(): Promise<{ pid: number; seconds: number } | undefined> {
  const listed = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8");
  for (const pid of listed.trim().split(" ").map(Number)) {
    const seconds = await secondsOf(pid);
    if (seconds !== undefined) return { pid, seconds };
  }
  return undefined;
}

async function secondsOf(pid: number): Promise<number | undefined> {
  const [command, stat] = await Promise.all(
    ["cmdline", "stat"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "")),
  );
  if (command?.includes("sql-child") !== true) return undefined;
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Of a process that surely runs the statement by now: starting takes less than half of it. */
const busySeconds = 1;

test.each([
  ["a scan", "select max(a.b || b.b) from 't.csv' a, 't.csv' b where a.a + b.a = 3"],
  ["a sort", "select hash(range) from range(1000000000) order by 1"],
  ["a join", "select count(*) from 't.csv' a join 't.csv' b using (a)"],
  ["a group", "select count(*) from (select hash(range % 1000000), sum(range) from range(10000000000) group by 1)"],
  ["a window", "select sum(range) over (order by hash(range) rows 1000000 preceding) from range(3000000)"],
  ["a recursion", "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r"],
  ["levenshtein", "select levenshtein(repeat('ab', 200000), repeat('cd', 200000))"],
  ["jaro_winkler_similarity", "select jaro_winkler_similarity(repeat('ab', 1000000), repeat('ba', 1000000))"],
  ["jaccard", "select max(jaccard(repeat('ab', 50000), repeat('cd', 50000) || range)) from range(10000000)"],
  ["list_reduce", "select list_reduce(range(1000000), lambda a, b: a + list_sum(range(10000)))"],
  ["list_transform", "select list_transform(range(1000000), lambda x: list_sum(range(10000)))[1]"],
  ["repeat", "select max(length(repeat('x', 100000 + range % 1000))) from range(10000000)"],
  [
    "regexp_replace",
    "select max(len(regexp_replace(repeat('ab', 50000 + range % 1000), 'a', 'c', 'g'))) from range(10000000)",
  ],
])("an abort ends %s and its process", async (_, sql) => {
  const stop = new AbortController();
  const running = folder.sql.query({ sql, limit: 5, origin: {} }, { signal: stop.signal });
  const isBusy = async () => ((await busyChild())?.seconds ?? 0) >= busySeconds;
  const ended = running.then(() => "ended");
  ended.catch(() => undefined);
  while (!(await Promise.race([isBusy(), ended.then(() => true)]))) await delay(20);
  expect(await isBusy()).toBe(true);
  stop.abort(new Error("stopped"));
  await expect(running).rejects.toThrow("stopped");
  await expect.poll(busyChild, { timeout: 5_000 }).toBeUndefined();
  await expect.poll(() => readdir(join(folder.workspace, "tmp")).catch(() => [])).toEqual([]);
});
