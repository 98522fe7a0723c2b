import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportData } from "../../src/tools/export-data.ts";
import { queryData } from "../../src/tools/query-data.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
  await folder.write("t.csv", 'id,text\n007,"a, ""b"""\n2,\n');
});

afterAll(async () => {
  await folder.close();
});

test.each([
  ["out.csv", {}, 'id,text\r\n007,"a, ""b"""\r\n2,\r\n'],
  ["out.jsonl", {}, '{"id":"007","text":"a, \\"b\\""}\n{"id":"2","text":null}\n'],
  ["out.dat", { format: "jsonl" }, '{"id":"007","text":"a, \\"b\\""}\n{"id":"2","text":null}\n'],
])("writes %s", async (path, more, content) => {
  const value = await folder.value(exportData, { source: "t.csv", path, ...more });
  expect(value).toEqual({
    status: "done",
    path: join(folder.workspace, path),
    row_count: 2,
    size_bytes: content.length,
  });
  expect(await readFile(join(folder.workspace, path), "utf8")).toBe(content);
});

test("writes JSON and gzip", async () => {
  await folder.value(exportData, { source: "t.csv", path: "exports/out.json" });
  expect(JSON.parse(await readFile(join(folder.workspace, "exports/out.json"), "utf8"))).toHaveLength(2);
  await folder.value(exportData, { source: "t.csv", path: "exports/out.csv.gz" });
  expect(gunzipSync(await readFile(join(folder.workspace, "exports/out.csv.gz"))).toString()).toContain("007");
});

test("what was exported can be read again", async () => {
  await folder.value(exportData, { source: "t.csv", path: "exports/again.parquet" });
  expect(await folder.value(queryData, { sql: "from 'exports/again.parquet'" })).toMatchObject({
    rows: [
      ["007", 'a, "b"'],
      ["2", null],
    ],
  });
});

test("a failed export leaves nothing behind", async () => {
  await folder.write("bad.jsonl", '{"a":1}\n{"a":\n');
  expect(await folder.call(exportData, { source: "bad.jsonl", path: "never/x.csv" })).toMatchObject({
    ok: false,
    code: "unreadable",
  });
  expect(await readdir(join(folder.workspace, "never"))).toEqual([]);
});

test.each([
  ["x.toString", "invalid_input"],
  ["x.xlsx.gz", "invalid_input"],
  ["x.parquet.gz", "invalid_input"],
  ["x.unknown", "invalid_input"],
  ["../x.csv", "not_allowed"],
  ["datasets/x.csv", "not_allowed"],
])("does not write %s", async (path, code) => {
  expect(await folder.call(exportData, { source: "t.csv", path })).toMatchObject({ ok: false, code });
});
