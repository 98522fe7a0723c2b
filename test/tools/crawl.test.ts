import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import type { JsonObject } from "../../src/message.ts";
import { crawl } from "../../src/tools/crawl.ts";
import type { Progress, ToolContext } from "../../src/tools/tool.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { temporaryFolder } from "../support/config.ts";
import { linking } from "../support/crawling.ts";
import { openSite, reply, type Route, type Site } from "../support/site.ts";

let site: Site;
let web: Scraper;
let folder: string;
let datasets: Datasets;
let progress: Progress[] = [];
let isSilent = false;

const count = 40;
/** A binary tree of pages, which stops answering while `isSilent`. */
const tree: Route = (response, request) => {
  if (isSilent) return;
  const n = Number(/n=(\d+)/.exec(request.url ?? "")?.[1] ?? 0);
  const children = [2 * n + 1, 2 * n + 2].filter((child) => child < count).map((child) => `/tree?n=${child}`);
  reply(`<p class=n>${n}</p>${linking(...children)}`)(response, request);
};

beforeAll(async () => {
  site = await openSite({ "/tree": tree, "/gone": reply("", {}, 410), "/": linking("/gone", "/tree?n=30") });
  web = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
});
afterAll(async () => {
  await web.close();
  await site.close();
});
beforeEach(() => {
  folder = temporaryFolder();
  datasets = openDatasets(folder);
  progress = [];
  isSilent = false;
  site.requested.length = 0;
});

function call(input: JsonObject, signal = new AbortController().signal) {
  const services = { web, datasets } as ToolContext["services"];
  return crawl.call(input, { signal, progress: (update) => void progress.push(update), services });
}

async function run(input: JsonObject): Promise<JsonObject> {
  const result = await call(input);
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

async function rowsOf(result: JsonObject): Promise<JsonObject[]> {
  const text = await readFile(String(result["dataset_path"]), "utf8");
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as JsonObject);
}

const fetchedTrees = () => site.requested.filter((path) => path.startsWith("/tree"));
const start = () => ({ start_urls: [`${site.origin}/tree?n=0`], max_depth: 10, extract: "text" });

/** A crawl that is cancelled when so many pages of it are kept. */
async function cancelledAfter(pages: number, input: JsonObject = {}) {
  const stop = new AbortController();
  const running = call({ ...start(), per_host: 1, ...input }, stop.signal);
  while ((progress.at(-1)?.done ?? 0) < pages) await delay(1);
  isSilent = true;
  stop.abort(new Error("enough"));
  const result = await running;
  isSilent = false;
  return { result, id: /ds_\w+/.exec(result.ok ? "" : result.message)?.[0] ?? "" };
}

test("a page is a row as scrape has it, with its depth and parent", async () => {
  const select = [{ name: "n", css: ".n" }];
  const result = await run({ start_urls: [`${site.origin}/`], select, save_as: "pages" });
  expect(result).toMatchObject({
    status: "done",
    dataset_format: "jsonl",
    columns: [
      "url",
      "final_url",
      "status",
      "title",
      "content",
      "n",
      "fetched_at",
      "elapsed_ms",
      "error",
      "depth",
      "parent",
    ],
    row_count: 3,
    ok: 2,
    failed: 1,
    failures: [{ url: `${site.origin}/gone`, code: "http_error", message: expect.stringContaining("410") }],
  });
  const rows = await rowsOf(result);
  expect(rows.map(({ depth, parent, n }) => [depth, parent, n])).toEqual([
    [0, null, null],
    [1, `${site.origin}/`, null],
    [1, `${site.origin}/`, "30"],
  ]);
  expect(await datasets.find("pages")).toMatchObject({ id: result["dataset"], unfinished: false, rowCount: 3 });
  expect((await datasets.find("pages"))?.origin).toMatchObject({ tool: "crawl", request: { max_pages: 100 } });
});

test("progress tells pages, pages per second, failures by their kind and what waits", async () => {
  await run({ start_urls: [`${site.origin}/`] });
  expect(progress.map(({ done }) => done)).toEqual([0, 1, 2, 3]);
  expect(progress[0]?.message).toMatch(/^kept as ds_\w+ from the first page on$/);
  expect(progress.at(-1)?.message).toMatch(/^[\d.]+ pages\/s, 1 failed \(1 http_error\), 0 waiting$/);
});

test("what max_pages leaves is told, and a larger one goes on with it", async () => {
  const first = await run({ ...start(), max_pages: 15 });
  expect(first).toMatchObject({
    row_count: 15,
    notes: [expect.stringMatching(/^\d+ addresses are left: max_pages is 15/)],
  });
  const second = await run({ resume: first["dataset"] ?? "", max_pages: 1_000 });
  expect(second).toMatchObject({ dataset: first["dataset"], row_count: count, ok: count });
  expect(second["notes"]).toBeUndefined();
  expect(new Set(fetchedTrees()).size).toBe(count);
  expect(fetchedTrees()).toHaveLength(count);
});

test("what max_depth leaves is told, and a larger one goes on with it", async () => {
  const first = await run({ ...start(), max_depth: 2 });
  expect(first).toMatchObject({ row_count: 7, notes: [expect.stringContaining("deeper than max_depth")] });
  expect(await run({ resume: first["dataset"] ?? "", max_depth: 20 })).toMatchObject({ row_count: count });
  expect(fetchedTrees()).toHaveLength(count);
});

describe("a crawl that is cancelled", () => {
  test("keeps what was fetched, says as what, and leaves no socket", async () => {
    const { result, id } = await cancelledAfter(10);
    expect(result).toMatchObject({
      ok: false,
      code: "cancelled",
      message: expect.stringMatching(/\d+ pages are kept/),
    });
    while (site.openSockets() > 0) await delay(5);
    const kept = await datasets.find(id);
    expect(kept).toMatchObject({ unfinished: true });
    expect(kept?.rowCount).toBeGreaterThanOrEqual(10);
  });

  test("goes on with resume: every row once, no page that was kept is fetched again", async () => {
    const { id } = await cancelledAfter(10, { save_as: "tree", select: [{ name: "n", css: ".n" }] });
    const kept = await rowsOf({ dataset_path: (await datasets.find(id))?.path ?? "" });
    site.requested.length = 0;
    const result = await run({ resume: "tree", max_chars: 50 });
    expect(result).toMatchObject({ dataset: id, row_count: count, ok: count, failed: 0 });
    expect(fetchedTrees()).toHaveLength(count - kept.length);
    expect(kept.filter(({ url }) => fetchedTrees().includes(String(url).replace(site.origin, "")))).toEqual([]);
    const rows = await rowsOf(result);
    expect(rows.map(({ n }) => Number(n)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
    expect((result["rows"] as string[][])[0]?.[0]).toBe(`${site.origin}/tree?n=0`);
    expect((await readdir(join(folder, "datasets"))).toSorted()).toEqual([`${id}.jsonl`, `${id}.tree.json`]);
  });

  test("can be stopped again and again", async () => {
    const { id } = await cancelledAfter(5);
    const stop = new AbortController();
    const running = call({ resume: id }, stop.signal);
    while ((progress.at(-1)?.done ?? 0) < 12) await delay(1);
    stop.abort(new Error("enough"));
    await running;
    expect(await run({ resume: id })).toMatchObject({ row_count: count });
  });
});

describe("what is wrong is named before anything is fetched", () => {
  test.each<[what: string, input: JsonObject, named: string]>([
    ["nowhere to start", {}, "start_urls"],
    ["a relative address", { start_urls: ["/a"] }, "start_urls[0]"],
    ["an address with a user", { start_urls: ["http://a:b@c.example/"] }, "start_urls[0]"],
    ["too many pages", { start_urls: ["http://a.example"], max_pages: 100_001 }, "100000"],
    ["a pattern of no use", { start_urls: ["http://a.example"], include: ["docs"] }, "include[0]"],
    ["a column that there is", { start_urls: ["http://a.example"], select: [{ name: "depth", css: "p" }] }, "depth"],
    ["a selector that is none", { start_urls: ["http://a.example"], select: [{ name: "a", css: "p[" }] }, "p["],
  ])("%s", async (_what, input, named) => {
    const message = expect.stringContaining(named);
    expect(await call(input)).toMatchObject({ ok: false, code: "invalid_input", message });
    expect(site.requested).toEqual([]);
    expect(await datasets.list(5)).toEqual([]);
  });

  test("a dataset to resume that there is not, is complete, or is no crawl's", async () => {
    expect(await call({ resume: "nothing" })).toMatchObject({ ok: false, code: "not_found" });
    const done = await run({ start_urls: [`${site.origin}/`] });
    expect(await call({ resume: done["dataset"] ?? "" })).toMatchObject({ ok: false, code: "invalid_input" });
    const writer = await datasets.create([{ name: "url", type: "VARCHAR" }], "other");
    await writer.finish({ tool: "scrape" });
    expect(await call({ resume: "other" })).toMatchObject({
      ok: false,
      message: expect.stringContaining("not made by crawl"),
    });
  });

  test("another extract or start than the crawl began with", async () => {
    const { id } = await cancelledAfter(3);
    const changed = await call({ resume: id, extract: "html" });
    expect(changed).toMatchObject({ ok: false, code: "invalid_input", message: expect.stringContaining("extract") });
    expect(await run({ ...start(), resume: id })).toMatchObject({ row_count: count });
  });
});
