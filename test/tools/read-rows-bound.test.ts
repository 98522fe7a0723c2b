import { afterEach, beforeEach, expect, test } from "vitest";
import type { Files } from "../../src/data/files.ts";
import type { JsonObject } from "../../src/message.ts";
import { readRows } from "../../src/tools/read-rows.ts";
import type { Services } from "../../src/tools/services.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";

let folder: DataFolder;
let open: number;
let most: number;

beforeEach(async () => {
  folder = await openDataFolder();
  await folder.write("a.csv", `n\n${"1\n".repeat(2_000)}`);
  [open, most] = [0, 0];
});

afterEach(() => folder.close());

/** Read rows while the files that are open are counted. */
async function read(input: JsonObject, signal = new AbortController().signal) {
  const watched: Files["open"] = async (file) => {
    most = Math.max(most, (open += 1));
    const handle = await folder.files.open(file);
    const close = handle.close.bind(handle);
    handle.close = async () => {
      open -= 1;
      await close();
    };
    return handle;
  };
  const never = () => {
    throw new Error("nothing is calculated or scraped here");
  };
  const services: Services = {
    ...folder,
    files: { ...folder.files, open: watched },
    math: { evaluate: never, close: never },
    web: { scrape: never, crawl: never, checkSelectors: never, prepare: never, close: never },
    search: { search: never, close: never },
  };
  return await readRows.call(input, { signal, progress: () => undefined, services });
}

test("a few files are read at a time, however many calls there are", async () => {
  const results = await Promise.all(Array.from({ length: 100 }, () => read({ source: "a.csv", limit: 1 })));
  expect(results.filter(({ ok }) => ok)).toHaveLength(100);
  expect(most).toBeLessThanOrEqual(4);
  expect(open).toBe(0);
});

test("calls that fail or are cancelled leave their turn to the next", async () => {
  const stop = new AbortController();
  const cancelled = Array.from({ length: 20 }, () => read({ source: "a.csv" }, stop.signal).catch(() => "cancelled"));
  const failing = Array.from({ length: 20 }, () => read({ source: "b.csv" }));
  stop.abort(new Error("enough"));
  expect(new Set(await Promise.all(cancelled))).toEqual(new Set(["cancelled"]));
  expect((await Promise.all(failing)).every(({ ok }) => !ok)).toBe(true);
  expect(await read({ source: "a.csv", limit: 1 })).toMatchObject({ ok: true });
});
