import { appendFile, open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesOf } from "../../../src/data/sql/changed-files.ts";
import { fileState } from "../../../src/data/open-file.ts";
import { openDataFolder, type DataFolder } from "../../support/data-folder.ts";

let folder: DataFolder;

beforeEach(async () => {
  folder = await openDataFolder();
});

afterEach(async () => {
  await folder.close();
});

/** Longer than the steps in which times of files move. */
const settledMs = 60;

test("a file written to while it is read is noticed", async () => {
  const path = await folder.write("t.csv", "a\n1\n");
  await delay(settledMs);
  const handle = await open(path);
  try {
    const state = await fileState(handle);
    const watched = [{ handle, found: state, opened: state, openedMs: Date.now() }];
    expect(await changesOf(watched)).toBe("none");
    expect(await changesOf([{ handle, found: "0-0-0-0-0", opened: state, openedMs: Date.now() }])).toBe("uncertain");
    await appendFile(path, "2\n");
    expect(await changesOf(watched)).toBe("written");
  } finally {
    await handle.close();
  }
});
