import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

/** Each of the statements makes more than twice as much data as this. */
const memoryLimitMb = 64;
const rows = 1_600_000;

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder({ memoryLimitMb });
});

afterAll(async () => {
  await folder.close();
});

async function query(asked: DataFolder, sql: string) {
  return await asked.sql.query({ sql, limit: 1, origin: {} }, { signal: new AbortController().signal });
}

const keyed = `select i, md5(i::varchar) as h, md5((i + 1)::varchar) as g from range(${rows}) t(i)`;

test.each<[string, string, unknown[], number]>([
  ["sorts", `select h from (${keyed}) order by h`, [expect.stringMatching(/^0000/)], rows],
  ["joins", `select count(*)::int from (${keyed}) a join (${keyed}) b on a.h = b.h`, [rows], 1],
  ["groups", `select count(*)::int from (select h, max(g), sum(i) from (${keyed}) group by h)`, [rows], 1],
  [
    "numbers rows",
    `select max(n)::int from (select row_number() over (partition by i % 10 order by h) as n from (${keyed}))`,
    [rows / 10],
    1,
  ],
])("%s what is larger than its memory, in the workspace", async (_, sql, row, rowCount) => {
  expect(await query(folder, sql)).toMatchObject({ rows: [row], rowCount });
  await expect.poll(() => readdir(join(folder.workspace, "tmp"))).toEqual([]);
});

test("says that a single value does not fit into memory", async () => {
  await expect(query(folder, "select list(md5(range::varchar)) from range(6000000)")).rejects.toMatchObject({
    code: "too_large",
    message:
      "the statement needs more memory than the 61.0 MiB it may take at once; select fewer columns, or filter and aggregate earlier",
  });
});

test("says that the disk limit is reached, and leaves nothing", async () => {
  const small = await openDataFolder({ memoryLimitMb, diskLimitMb: 30 });
  try {
    await expect(query(small, `select h, g from (${keyed}) order by h`)).rejects.toMatchObject({
      code: "too_large",
      message:
        "the statement writes more than 30 MB to disk, its limit; filter or aggregate earlier, or select fewer columns",
    });
    await expect.poll(() => readdir(join(small.workspace, "tmp"))).toEqual([]);
  } finally {
    await small.close();
  }
});
