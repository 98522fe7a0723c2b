import { appendFile, open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesOf } from "../../../src/data/sql/changed-files.ts";
import { openSession } from "../../../src/data/sql/duckdb-session.ts";
import { fileState } from "../../../src/data/open-file.ts";
import { openSources } from "../../../src/data/sql/open-sources.ts";
import { distrustSamples, openReadings, untilRead } from "../../../src/data/sql/reread.ts";
import { createTableView } from "../../../src/data/sql/table-view.ts";
import { openWorkspace } from "../../../src/data/workspace.ts";
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

test("a cell that is added to a file after it was seen whole is looked at like those of any other", async () => {
  const path = await folder.write("t.csv", "a\n1\n");
  const none = { part: undefined, columns: undefined, convertTo: undefined, kept: undefined, keep: undefined };
  const files = [{ ...none, path, shown: "t.csv", state: "", sizeBytes: 4 }];
  const source = { ...none, name: "t.csv", format: "csv" as const, compression: "none" as const, files };
  const workspace = openWorkspace(folder.workspace);
  const reading = { done: 0, total: 0 };
  const opened = await openSources([source], workspace, reading);
  const session = await openSession(256);
  try {
    const readings = openReadings(opened.sources, opened.names, false);
    for (const [one, own] of readings.of) await createTableView(session.connection, one, own);
    const run = { session, workspace, opened, readings, reading };
    const read = () =>
      untilRead(run, async () => (await session.connection.runAndReadAll(`select a from "t.csv"`)).getRowsJson());
    expect(await distrustSamples(run)).toBe(false);
    await appendFile(path, "007\n");
    expect(await read()).toEqual([["1"], ["7"]]);
    expect(await distrustSamples(run)).toBe(true);
    expect(await read()).toEqual([["1"], ["007"]]);
    expect(await distrustSamples(run)).toBe(false);
  } finally {
    session.close();
    await opened.close();
  }
});
