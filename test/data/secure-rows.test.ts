import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFile, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import { temporaryFolder } from "../support/config.ts";

let workspace: string;
let datasets: Datasets;
const columns = [{ name: "n", type: "BIGINT" }];
const origin = { tool: "test" };

beforeEach(() => {
  workspace = join(temporaryFolder(), "workspace");
  datasets = openDatasets(workspace);
});

const files = () => readdir(join(workspace, "datasets"));

/** Have a process write, and kill it. Gives the handle, and the names of the rows that were left: in place and ahead. */
async function writeAndKill() {
  const child = fork(new URL("../support/secure-datasets.ts", import.meta.url), [workspace], { execArgv: [] });
  const [id] = (await once(child, "message")) as [string];
  child.kill("SIGKILL");
  await once(child, "exit");
  const names = await files();
  const inPlace = names.find((name) => name.startsWith(`${id}.${child.pid}-`)) ?? "";
  return { id, inPlace: join(workspace, "datasets", inPlace), ahead: join(workspace, "datasets", `${id}.ahead`) };
}

async function numbersOf(id: string): Promise<number[]> {
  const text = await readFile((await datasets.find(id))?.path ?? "", "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { n: number }).n);
}

const before = async () => {
  const writer = await datasets.create(columns, "pages");
  await writer.write([-1]);
  return writer.finish(origin);
};

test("what a killed process had is found in its order, with what was there too early, and takes no name", async () => {
  const earlier = await before();
  const { id } = await writeAndKill();
  expect(await datasets.find(id)).toMatchObject({ id, name: undefined, unfinished: true, rowCount: 6, origin });
  expect(await numbersOf(id)).toEqual([0, 1, 2, 4, 5, 7]);
  expect(await datasets.find("pages")).toEqual(earlier);
  expect(await files()).toHaveLength(4); // the two files of each, and nothing else
});

test("what it had begun only is no row", async () => {
  const { id, inPlace, ahead } = await writeAndKill();
  await appendFile(inPlace, '{"n":3,"te');
  await appendFile(ahead, '00000009{"n":9');
  expect(await numbersOf(id)).toEqual([0, 1, 2, 4, 5, 7]);
});

test("whoever puts it in order may be killed at that too", async () => {
  const { id, inPlace, ahead } = await writeAndKill();
  // so far it had come: the rows were counted, and some of those ahead were behind them
  await rename(ahead, ahead.replace(/ahead$/, "3.ahead"));
  await appendFile(inPlace, '{"n":4,"text":"x"}\n{"n":5,"te');
  expect(await numbersOf(id)).toEqual([0, 1, 2, 4, 5, 7]);
  expect((await files()).filter((name) => name.includes("ahead"))).toEqual([]);
});

test("while it is written its handle is a conflict, and it is not listed", async () => {
  const writer = await datasets.create(columns);
  await writer.write([1]);
  const id = String(await writer.secure(origin));
  await expect(datasets.find(id)).rejects.toMatchObject({ code: "conflict" });
  expect(await datasets.list(10)).toEqual([]);
  await writer.finish(origin);
  expect(await datasets.find(id)).toMatchObject({ rowCount: 1 });
});

test("one that is finished is like any other, under its name, and nothing else is left", async () => {
  const earlier = await before();
  const writer = await datasets.create(columns, "pages");
  const id = await writer.secure({ tool: "begun" });
  await writer.secureAhead([{ order: 1, row: ["1"] }]);
  await writer.write([0]);
  await writer.write([1]);
  expect(await writer.secure(origin)).toBe(id);
  const made = await writer.finish(origin, ["INTEGER"]);
  expect(made).toMatchObject({ id, name: "pages", rowCount: 2, unfinished: false, origin });
  expect(made.columns).toEqual([{ name: "n", type: "INTEGER" }]);
  expect(await readFile(made.path, "utf8")).toBe('{"n":0}\n{"n":1}\n');
  expect(await datasets.find("pages")).toEqual(made);
  expect(await files()).toEqual([earlier.id, made.id].flatMap((one) => [`${one}.jsonl`, `${one}.pages.json`]));
});

test("one that is discarded leaves nothing", async () => {
  const writer = await datasets.create(columns, "pages");
  await writer.write([0]);
  await writer.secure(origin);
  await writer.secureAhead([{ order: 4, row: ["4"] }]);
  await writer.discard();
  expect(await files()).toEqual([]);
  expect(await datasets.list(10)).toEqual([]);
});

test("rows ahead take no more room than those that still are", async () => {
  const writer = await datasets.create(columns);
  const id = String(await writer.secure(origin));
  for (let n = 0; n < 100; n += 1) {
    await writer.secureAhead([{ order: n + 1, row: [`${n + 1}`] }]);
    await writer.write([n]);
    await writer.write([n + 1]);
    await writer.secure(origin);
    n += 1;
  }
  await writer.secureAhead([]);
  expect(await readFile(join(workspace, "datasets", `${id}.ahead`), "utf8")).toBe("");
  await writer.finish(origin);
});
