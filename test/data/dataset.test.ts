import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import { setLogLevel } from "../../src/log.ts";
import type { JsonObject } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";

// Damaged datasets are told of.
setLogLevel("silent");

let workspace: string;
let datasets: Datasets;
const columns = [
  { name: "id", type: "BIGINT" },
  { name: "__proto__", type: "VARCHAR" },
];

beforeEach(() => {
  workspace = join(temporaryFolder(), "workspace");
  datasets = openDatasets(workspace);
});

async function make(rows: number, saveAs?: string) {
  const writer = await datasets.create(columns, saveAs);
  for (let id = 0; id < rows; id++) await writer.write([id, `row ${id}`]);
  return await writer.finish({ tool: "test" });
}

test("a finished dataset is found by its handle and its name, and its rows are objects by column", async () => {
  const made = await make(2, "things");
  expect(made).toMatchObject({ name: "things", format: "jsonl", rowCount: 2, columns, origin: { tool: "test" } });
  expect(made.id).toMatch(/^ds_[0-9a-f]{16}$/);
  expect(await readFile(made.path, "utf8")).toBe('{"id":0,"__proto__":"row 0"}\n{"id":1,"__proto__":"row 1"}\n');
  expect(await datasets.find(made.id)).toEqual(made);
  expect(await datasets.find("things")).toEqual(made);
  expect(await openDatasets(workspace).find("Things")).toEqual(made);
});

test("a name means the newest dataset of it, and older ones keep their handles", async () => {
  const first = await make(1, "things");
  const second = await make(2, "things");
  expect(await datasets.find("things")).toEqual(second);
  expect(await datasets.find(first.id)).toEqual(first);
  expect((await datasets.list(10)).map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(await datasets.list(1)).toEqual([second]);
});

test("half a character in a cell leaves a file that strict readers take", async () => {
  const writer = await datasets.create([{ name: "a\ud83d", type: "VARCHAR" }]);
  await writer.write(["x\ude00"]);
  const { path, columns: kept } = await writer.finish({});
  expect(await readFile(path, "utf8")).toBe('{"a\ufffd":"x\ufffd"}\n');
  expect(kept).toEqual([{ name: "a\ufffd", type: "VARCHAR" }]);
});

test("nothing is written before there is something to write", async () => {
  expect(await datasets.find("things")).toBeUndefined();
  expect(await datasets.list(5)).toEqual([]);
  await expect(stat(workspace)).rejects.toThrow("ENOENT");
});

test("the workspace is the user's alone and ignores itself in git", async () => {
  await make(1);
  expect((await stat(workspace)).mode & 0o777).toBe(0o700);
  expect(await readFile(join(workspace, ".gitignore"), "utf8")).toBe("*\n");
});

test("an unfinished or discarded dataset does not exist", async () => {
  const writer = await datasets.create(columns, "things");
  await writer.write([1, "x"]);
  expect(await datasets.find("things")).toBeUndefined();
  await writer.discard();
  expect(await readdir(join(workspace, "tmp"))).toEqual([]);
});

test("what a dead process left is removed at once, what may be in use elsewhere is not", async () => {
  const dead = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(dead, "exit");
  const mine = basename(await datasets.temporaryPath(".parquet"));
  const left = mine.replace(/^\d+/, String(dead.pid));
  const alive = mine.replace(/^\d+/, String(process.ppid));
  const elsewhere = left.replace(/-[0-9a-f]{8}-/, "-00000000-");
  for (const name of [left, alive, elsewhere]) await writeFile(join(workspace, "tmp", name), "x");
  await openDatasets(workspace).temporaryPath(".parquet");
  expect((await readdir(join(workspace, "tmp"))).toSorted()).toEqual([alive, elsewhere].toSorted());
});

test("a workspace that somebody removes is made again", async () => {
  await make(1);
  await rm(workspace, { recursive: true });
  const { id } = await make(2);
  expect(await datasets.find(id)).toMatchObject({ rowCount: 2 });
});

test("takes over a file by rename", async () => {
  const path = await datasets.temporaryPath(".parquet");
  await writeFile(path, "PAR1");
  const made = await datasets.adopt(path, { columns, rowCount: 7, origin: {}, saveAs: "kept" });
  expect(made).toMatchObject({ format: "parquet", rowCount: 7, sizeBytes: 4, name: "kept" });
  expect(await readdir(join(workspace, "tmp"))).toEqual([]);
});

test.each(["1st", "a b", "", "x".repeat(64), "../x", "ds_0123456789abcdef", "päck"])(
  "refuses the name %j",
  async (name) => {
    await expect(datasets.create(columns, name)).rejects.toMatchObject({ code: "invalid_input" });
  },
);

test("refuses columns that SQL cannot tell apart, and rows of another length", async () => {
  const twins = [
    { name: "a", type: "VARCHAR" },
    { name: "A", type: "VARCHAR" },
  ];
  await expect(datasets.create(twins)).rejects.toMatchObject({ code: "invalid_input" });
  await expect(datasets.create([])).rejects.toMatchObject({ code: "invalid_input" });
  const writer = await datasets.create(columns);
  await expect(writer.write([1])).rejects.toThrow(TypeError);
  await writer.discard();
});

test("a damaged sidecar is an error that names the dataset", async () => {
  const { id } = await make(1);
  await writeFile(join(workspace, "datasets", `${id}.json`), "{");
  await expect(datasets.find(id)).rejects.toMatchObject({ code: "unreadable" });
});

test("a dataset whose file is gone hides no other", async () => {
  const [lost, kept] = [await make(1), await make(2)];
  await rm(lost.path);
  expect(await datasets.list(10)).toEqual([kept]);
  await expect(datasets.find(lost.id)).rejects.toMatchObject({ code: "unreadable" });
});

test("a dataset whose sidecar cannot be written leaves nothing", async () => {
  await make(1);
  const origin: JsonObject = {};
  origin["origin"] = origin;
  const writer = await datasets.create(columns);
  await expect(writer.finish(origin)).rejects.toThrow("circular");
  expect(await readdir(join(workspace, "tmp"))).toEqual([]);
  expect(await readdir(join(workspace, "datasets"))).toHaveLength(2);
});

test("a workspace that cannot be made is unavailable, with advice", async () => {
  await writeFile(workspace, "a file in its place");
  await expect(datasets.create(columns)).rejects.toMatchObject({ code: "unavailable" });
  await expect(datasets.create(columns)).rejects.toThrow(/--workspace/);
});

test("a workspace whose folder is a link to elsewhere is not written to", async () => {
  const elsewhere = join(workspace, "../elsewhere");
  await mkdir(elsewhere);
  await mkdir(workspace);
  await symlink(elsewhere, join(workspace, "tmp"));
  await expect(datasets.create(columns)).rejects.toMatchObject({ code: "not_allowed" });
  expect(await readdir(elsewhere)).toEqual([]);
});

test("whoever is killed while writing leaves whole datasets or none", async () => {
  for (let round = 0; round < 3; round++) {
    const child = fork(new URL("../support/write-datasets.ts", import.meta.url), [workspace], { execArgv: [] });
    await once(child, "message");
    await delay(5 * round);
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  const all = await datasets.list(10_000);
  expect(all.length).toBeGreaterThan(0);
  for (const { path, rowCount } of all) {
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toHaveLength(rowCount);
  }
});

test("datasets behind a folder that is a link are not ours", async () => {
  const { id } = await make(1, "theirs");
  await rename(join(workspace, "datasets"), join(workspace, "elsewhere"));
  await symlink(join(workspace, "elsewhere"), join(workspace, "datasets"));
  expect(await datasets.list(10)).toEqual([]);
  expect(await datasets.find(id)).toBeUndefined();
});
