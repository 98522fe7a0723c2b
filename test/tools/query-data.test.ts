import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("t.csv", "id,text\n1,short\n2,long\n");
});

afterAll(async () => {
  await folder.close();
});

test("shows rows beside columns and types", async () => {
  expect(await folder.value(queryData, { sql: "select * from 't.csv'" })).toEqual({
    status: "done",
    columns: ["id", "text"],
    types: ["BIGINT", "VARCHAR"],
    rows: [
      [1, "short"],
      [2, "long"],
    ],
    row_count: 2,
    truncated: false,
    elapsed_ms: expect.any(Number) as number,
  });
});

test("a result larger than the preview is kept whole, and can be queried by its handle", async () => {
  const value = await folder.value(queryData, { sql: "select range as n from range(1000)", limit: 10 });
  expect(value).toMatchObject({ row_count: 1_000, truncated: true, dataset_format: "parquet" });
  expect(value["rows"]).toHaveLength(10);
  const again = await folder.value(queryData, { sql: `select count(*), max(n) from ${String(value["dataset"])}` });
  expect(again["rows"]).toEqual([[1_000, 999]]);
});

test("cells too long for the preview are cut there and kept in the dataset", async () => {
  const value = await folder.value(queryData, { sql: "select repeat('x', 100000) as x from range(2)" });
  expect(value).toMatchObject({ row_count: 2, truncated: true });
  expect(JSON.stringify(value).length).toBeLessThan(50_000);
  const again = await folder.value(queryData, { sql: `select length(x) from ${String(value["dataset"])} limit 1` });
  expect(again["rows"]).toEqual([[100_000]]);
});

test("what a limit gives beyond the preview, or in long cells, is kept too", async () => {
  const more = await folder.value(queryData, { sql: "select range as n from range(1000) limit 300", limit: 10 });
  expect(more).toMatchObject({ row_count: 300, truncated: true, dataset: expect.stringMatching(/^ds_/) as string });
  const long = await folder.value(queryData, { sql: "select repeat('x', 5000) as x limit 1" });
  expect(long).toMatchObject({ row_count: 1, truncated: true, dataset: expect.stringMatching(/^ds_/) as string });
});

test("a saved result is a table by its name, and a bad name is refused before anything runs", async () => {
  await folder.value(queryData, { sql: "select 42 as answer", save_as: "answers" });
  expect(await folder.value(queryData, { sql: "from answers" })).toMatchObject({ rows: [[42]] });
  const bad = await folder.call(queryData, { sql: "select 1", save_as: "no good" });
  expect(bad).toMatchObject({ ok: false, code: "invalid_input" });
});

test("an enormous value does not reach the caller", async () => {
  const value = await folder.value(queryData, { sql: "select string_agg(repeat('y', 1000)) from range(30000)" });
  expect(value).toMatchObject({ truncated: true, row_count: 1, dataset: expect.stringMatching(/^ds_/) as string });
  expect(JSON.stringify(value).length).toBeLessThan(50_000);
});

test("columns beyond a reply are left out of it, which is said, and kept", async () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `c${index}`);
  const sql = `select ${names.map((name) => `1 as ${name}`).join()} limit 1`;
  const value = await folder.value(queryData, { sql });
  expect(JSON.stringify(value).length).toBeLessThan(50_000);
  expect(value).toMatchObject({
    row_count: 1,
    truncated: true,
    notes: [expect.stringMatching(/^\d+ of 3000 columns/)],
  });
  const shown = value["columns"] as string[];
  expect(value["rows"]).toEqual([shown.map(() => 1)]);
  const again = await folder.value(queryData, { sql: `select c2999 from ${String(value["dataset"])}` });
  expect(again["rows"]).toEqual([[1]]);
});
