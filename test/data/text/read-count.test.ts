import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSources } from "../../../src/data/sql/open-sources.ts";
import { repairFile } from "../../../src/data/text/repair.ts";
import { countRead, type ReadCount } from "../../../src/data/text/read-count.ts";
import { findSource } from "../../../src/data/source.ts";
import type { WireSource } from "../../../src/data/sql/sql-wire.ts";
import { openWorkspace } from "../../../src/data/workspace.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeAll(async () => {
  folder = await openDataFolder();
});

afterAll(async () => {
  await folder.close();
});

/** Open a file as a statement does. Whoever opens it closes it. */
async function openAlone(name: string, reading: ReadCount) {
  const web = folder.files.openWeb({ signal: new AbortController().signal, progress: () => undefined });
  const { format, compression, files } = await findSource(name, { ...folder, web });
  await web.close();
  const plain = { columns: undefined, convertTo: undefined, kept: undefined, keep: undefined };
  const source: WireSource = { name, format, compression, files, ...plain };
  return await openSources([source], openWorkspace(folder.workspace), reading);
}

/** `a,b`, `1,x`. */
const bzip2 = Buffer.from("QlpoOTFBWSZTWdR78W4AAALZgAAQAAQgADAAAEAgACGmmaDAKBULC7kinChIaj34twA=", "base64");

test.each([
  ["unpacked", "a.csv.bz2", bzip2],
  ["rewritten as UTF-8", "u.csv", Buffer.from(`\uFEFFa,b\n${"1,x\n".repeat(300_000)}`, "utf16le")],
])("all of a file that is %s is counted as it is read", async (_how, name, content) => {
  await folder.write(name, content);
  const reading: ReadCount = { done: 0, total: 0 };
  const opened = await openAlone(name, reading);
  await opened.close();
  expect(reading).toEqual({ done: content.length, total: content.length });
});

test("what a repair reads is counted piece by piece, once for each of its passes", async () => {
  const rows = "1,x\n".repeat(300_000);
  for (const [name, last, passes] of [
    ["short.csv", "2\n", 1],
    ["long.csv", "2,y,z\n", 2],
  ] as const) {
    const content = `a,b\n${rows}${last}`;
    await folder.write(name, content);
    const reading: ReadCount = { done: 0, total: 0 };
    const opened = await openAlone(name, reading);
    const [file] = opened.sources[0]?.files ?? [];
    if (file === undefined) throw new Error("nothing was opened");
    const told: number[] = [];
    const count = countRead(reading, content.length);
    const onRead = (sizeBytes: number) => {
      count(sizeBytes);
      told.push(reading.done);
    };
    await repairFile(file, { target: join(folder.root, `${name}.copy`), shown: name, onRead });
    await opened.close();
    expect(told.length).toBeGreaterThan(4);
    expect(told.at(-1)).toBe(passes * content.length);
    expect(reading.total).toBe(reading.done);
  }
});
