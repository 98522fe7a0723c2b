import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import type { JsonValue } from "../../src/message.ts";
import { temporaryFolder } from "../support/config.ts";

let workspace: string;
let datasets: Datasets;
const columns = [
  { name: "n", type: "BIGINT" },
  { name: "text", type: "VARCHAR" },
];
const begun = { origin: { tool: "test" }, saveAs: undefined };

beforeEach(() => {
  workspace = join(temporaryFolder(), "workspace");
  datasets = openDatasets(workspace);
});

const files = () => readdir(join(workspace, "datasets"));

async function notesOf(notes: AsyncIterable<JsonValue>): Promise<JsonValue[]> {
  const all: JsonValue[] = [];
  for await (const note of notes) all.push(note);
  return all;
}

test("a dataset that grew is one like any other, and nothing is left of its growth", async () => {
  const growing = await datasets.grow(columns, { ...begun, saveAs: "pages" });
  await growing.writeEncoded(["1", '"a"'], { seen: 1 });
  const made = await growing.finish({ tool: "test" }, false);
  expect(made).toMatchObject({ id: growing.id, name: "pages", rowCount: 1, columns, unfinished: false });
  expect(await readFile(made.path, "utf8")).toBe('{"n":1,"text":"a"}\n');
  expect(await files()).toEqual([`${made.id}.jsonl`, `${made.id}.pages.json`]);
  expect(await datasets.find("pages")).toEqual(made);
  await expect(datasets.resume(made.id, undefined)).rejects.toMatchObject({ code: "invalid_input" });
});

test("what is stopped is found with its rows, and goes on under its handle and another name", async () => {
  const first = await datasets.grow(columns, { ...begun, saveAs: "pages" });
  for (const n of [1, 2, 3]) await first.writeEncoded([`${n}`, '"a"'], { n });
  const stopped = await first.finish({ tool: "test" }, true);
  expect(await datasets.find("pages")).toMatchObject({ rowCount: 3, unfinished: true });
  const { growing, notes, firstRows, dataset } = await datasets.resume("pages", "all");
  expect([dataset.id, firstRows, await notesOf(notes)]).toEqual([
    stopped.id,
    [1, 2, 3].map((n) => [n, "a"]),
    [1, 2, 3].map((n) => ({ n })),
  ]);
  await growing.writeEncoded(["4", '"b"'], { n: 4 });
  await growing.finish({ tool: "test" }, false);
  expect(await datasets.find("all")).toMatchObject({ id: stopped.id, rowCount: 4, unfinished: false });
  expect(await datasets.find("pages")).toBeUndefined();
  expect((await readFile(stopped.path, "utf8")).trim().split("\n")).toHaveLength(4);
});

test("while one grows its handle is a conflict, its name means the one before it, and it is not listed", async () => {
  const writer = await datasets.create(columns, "pages");
  const before = await writer.finish({});
  const growing = await datasets.grow(columns, { ...begun, saveAs: "pages" });
  await expect(datasets.find(growing.id)).rejects.toMatchObject({ code: "conflict" });
  await expect(datasets.resume(growing.id, undefined)).rejects.toMatchObject({ code: "conflict" });
  expect(await datasets.find("pages")).toEqual(before);
  expect(await datasets.list(10)).toEqual([before]);
  await growing.finish({}, true);
  expect(await datasets.find("pages")).toMatchObject({ id: growing.id });
});

test("of several that resume one dataset at once a single one may write", async () => {
  const growing = await datasets.grow(columns, begun);
  await growing.writeEncoded(["1", '"a"'], {});
  const { id } = await growing.finish({}, true);
  const tries = await Promise.allSettled(
    Array.from({ length: 5 }, () => openDatasets(workspace).resume(id, undefined)),
  );
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const failed of tries.filter((one) => one.status === "rejected"))
    expect(failed.reason).toMatchObject({ code: "conflict" });
});

test("what a killed process wrote is found whole, without what it had begun", async () => {
  const child = fork(new URL("../support/grow-datasets.ts", import.meta.url), [workspace], { execArgv: [] });
  const [id] = (await once(child, "message")) as [string];
  child.kill("SIGKILL");
  await once(child, "exit");
  const draft = (await files()).find((name) => name.startsWith(`${id}.${child.pid}-`)) ?? "";
  await appendFile(join(workspace, "datasets", draft), '{"n":9999,"te');
  const found = await datasets.find("loop");
  expect(found).toMatchObject({ id, unfinished: true });
  const rows = (await readFile(found?.path ?? "", "utf8")).trimEnd().split("\n");
  expect(rows).toHaveLength(found?.rowCount ?? 0);
  expect(rows.map((row) => (JSON.parse(row) as { n: number }).n)).toEqual(rows.map((_, n) => n));
  const { notes, growing } = await datasets.resume(id, undefined);
  expect(await notesOf(notes)).toEqual(rows.map((_, n) => ({ n })));
  await growing.finish({}, false);
  expect(await files()).toEqual([`${id}.jsonl`, `${id}.loop.json`]);
});

test("one that was killed before its first row can be resumed too", async () => {
  const growing = await datasets.grow(columns, begun);
  await growing.finish({}, true);
  const { notes, firstRows } = await datasets.resume(growing.id, undefined);
  expect([firstRows, await notesOf(notes)]).toEqual([[], []]);
});
