import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

const at = (path: string) => join(folder.workspace, path);
const text = (path: string) => readFile(at(path), "utf8");

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

test("a long export tells how far it is, and never goes back", async () => {
  const sql = "select range as id, 'text ' || range as text from range(400000)";
  const { dataset } = await folder.value(queryData, { sql, save_as: "made" });
  const updates: { done: number; total?: number }[] = [];
  await folder.call(exportData, { source: String(dataset), path: "long.xlsx" }, undefined, (update) => {
    updates.push(update);
  });
  const counts = updates.map(({ done }) => done);
  expect(counts.length).toBeGreaterThan(0);
  expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
  expect(updates.every(({ total }) => total === 100)).toBe(true);
});

describe("the file that is written", () => {
  test("may be the one that is read", async () => {
    await mkdir(at("exports"), { recursive: true });
    await writeFile(at("exports/same.csv"), "id\n2\n1\n");
    await folder.value(exportData, { source: "exports/same.csv", path: "exports/same.csv" });
    expect(await text("exports/same.csv")).toBe("id\r\n2\r\n1\r\n");
  });

  test("is as open to others as the one that it takes the place of", async () => {
    await folder.write("t.csv", "id\n1\n");
    await folder.value(exportData, { source: "t.csv", path: "mode.csv" });
    await chmod(at("mode.csv"), 0o604);
    await folder.value(exportData, { source: "t.csv", path: "mode.csv" });
    expect((await stat(at("mode.csv"))).mode & 0o777).toBe(0o604);
  });

  test("takes the place of a link, not of what that leads to", async () => {
    await folder.write("t.csv", "id\n1\n");
    await folder.write("elsewhere.csv", "untouched\n");
    await folder.value(exportData, { source: "t.csv", path: "exports/first.csv" });
    await symlink(join(folder.root, "elsewhere.csv"), at("exports/link.csv"));
    await folder.value(exportData, { source: "t.csv", path: "exports/link.csv" });
    expect(await readFile(join(folder.root, "elsewhere.csv"), "utf8")).toBe("untouched\n");
    expect(await text("exports/link.csv")).toBe("id\r\n1\r\n");
  });

  test("comes with the removal of what killed processes left beside it", async () => {
    await folder.write("t.csv", "id\n1\n");
    await folder.value(exportData, { source: "t.csv", path: "swept/a.csv" });
    const [own] = (await folder.files.create("swept/b.csv")).temporaryPath.split("/").slice(-1);
    const machine = own?.split("-")[2] ?? "";
    const names = {
      dead: `.axoner-4194999-${machine}-0123456789abcdef.tmp`,
      alive: `.axoner-${process.pid}-${machine}-0123456789abcdef.tmp`,
      other: ".axoner-notes.tmp",
    };
    for (const name of Object.values(names)) await writeFile(at(`swept/${name}`), "");
    await folder.value(exportData, { source: "t.csv", path: "swept/c.csv" });
    expect((await readdir(at("swept"))).toSorted()).toEqual([names.alive, names.other, "a.csv", "c.csv"].toSorted());
  });
});
