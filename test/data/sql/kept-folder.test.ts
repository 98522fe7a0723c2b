import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openKeptFolder } from "../../../src/data/sql/kept-folder.ts";
import { openWorkspace } from "../../../src/data/workspace.ts";

test("the least recently used copies go when there is too little room", async () => {
  const root = await mkdtemp(join(tmpdir(), "axoner-kept-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const workspace = openWorkspace(join(root, ".axoner"));
  const kept = openKeptFolder(workspace, 2_500);
  const key = (place: string) => `table-${place.repeat(24)}-${"0".repeat(24)}`;
  const dialect = { source: "t", format: "csv", compression: "none", encoding: "utf-8" } as const;
  for (const place of ["a", "b", "c"]) {
    const path = await workspace.temporaryPath(".parquet");
    await writeFile(path, Buffer.alloc(1_000));
    await kept.adopt([{ key: key(place), path, columns: [], problems: [], dialect }]);
    await delay(10);
    expect(await kept.find(key("a"))).toMatchObject({ columns: [] });
    await delay(10);
  }
  expect(await kept.find(key("b"))).toBeUndefined();
  expect(await kept.find(key("c"))).toMatchObject({ columns: [] });
  const path = await workspace.temporaryPath(".parquet");
  await writeFile(path, Buffer.alloc(3_000));
  await kept.adopt([{ key: key("d"), path, columns: [], problems: [], dialect }]);
  expect(await kept.find(key("d")), "too large by itself").toBe("tried");
  expect(await kept.find(key("c"))).toMatchObject({ columns: [] });
});
