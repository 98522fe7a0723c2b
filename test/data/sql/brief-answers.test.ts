import { afterAll, beforeAll, expect, test } from "vitest";
import { systemErrorCode } from "../../../src/errors.ts";
import { queryData } from "../../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";
import { readdir } from "node:fs/promises";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  const rows = Array.from({ length: 120 }, (_, index) => `${index % 60},name ${index},${"x".repeat(index * 50)}\n`);
  await folder.write("small.csv", `id,name,text\n${rows.join("")}`);
});

afterAll(async () => {
  await folder.close();
});

async function workspaceFiles(): Promise<string[]> {
  try {
    return await readdir(folder.workspace, { recursive: true });
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

test("an answer that shows the whole result of a small file leaves no trace in the workspace", async () => {
  const value = await folder.value(queryData, {
    sql: "select id, count(*) as n, min(name) from 'small.csv' group by id order by id",
    limit: 60,
  });
  expect(value).toMatchObject({ row_count: 60, truncated: false });
  expect(value).not.toHaveProperty("dataset");
  expect(await workspaceFiles()).toEqual([]);
});

test.each([
  ["more rows than are shown", "select id, name from 'small.csv' order by name", { limit: 119 }],
  ["longer cells than are shown", "select text from 'small.csv' order by length(text) desc limit 3", { limit: 3 }],
  ["more cells than fit into a reply", "select name, left(text, 1500) from 'small.csv'", { limit: 1_000 }],
])("a result of %s is kept whole, although its file is small", async (_name, sql, options) => {
  const value = await folder.value(queryData, { sql, ...options });
  expect(value).toMatchObject({ truncated: true, dataset: expect.stringMatching(/^ds_/) as string });
  const counted = await folder.value(queryData, { sql: `select count(*) from ${String(value["dataset"])}` });
  expect(counted["rows"]).toEqual([[value["row_count"]]]);
});

test("rows that are drawn anew are the same in a reply and in the dataset that it is the beginning of", async () => {
  const value = await folder.value(queryData, { sql: "select random() as r from 'small.csv'", limit: 5 });
  const kept = await folder.value(queryData, { sql: `select r from ${String(value["dataset"])} limit 5`, limit: 5 });
  expect(kept["rows"]).toEqual(value["rows"]);
});
