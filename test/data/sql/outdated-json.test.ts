import { appendFile, stat } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isOutdated } from "../../../src/data/sql/json-tables.ts";
import { openSources } from "../../../src/data/sql/open-sources.ts";
import { openWorkspace } from "../../../src/data/workspace.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeEach(async () => {
  folder = await openDataFolder();
});

afterEach(() => folder.close());

test.each([
  ["a row of the same kinds", '{"a":2}\n', false],
  ["a fraction", '{"a":1.5}\n', true],
  ["a key", '{"b":1}\n', true],
])("%s that is added while JSON is read makes its columns outdated or not", async (_what, added, outdated) => {
  const path = await folder.write("t.jsonl", '{"a":1}\n');
  const { size: sizeBytes } = await stat(path);
  const source = {
    name: "t.jsonl",
    format: "jsonl" as const,
    compression: "none" as const,
    files: [{ path, shown: "t.jsonl", sizeBytes, state: "", part: undefined }],
    columns: undefined,
    convertTo: undefined,
    kept: undefined,
    keep: undefined,
  };
  const reading = { done: 0, total: 0 };
  const opened = await openSources([source], openWorkspace(folder.workspace), reading);
  const [open] = opened.sources;
  try {
    if (open === undefined) throw new Error("nothing was opened");
    expect(await isOutdated(open, reading)).toBe(false);
    await appendFile(path, added);
    expect(await isOutdated(open, reading)).toBe(outdated);
  } finally {
    await opened.close();
  }
});
