import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import type { JsonObject } from "../../src/message.ts";
import { scrape } from "../../src/tools/scrape.ts";
import type { Progress, ToolContext } from "../../src/tools/tool.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { openSite, raw, reply, type Site } from "../support/site.ts";
import { temporaryFolder } from "../support/config.ts";

let site: Site;
let web: Scraper;
let folder: string;
let datasets: Datasets;
let progress: Progress[] = [];

beforeAll(async () => {
  site = await openSite({
    "/a": '<title>A</title><h1>Alpha</h1><p class=price>5</p><p class=price>7</p><a href="/b">next</a>',
    "/b": `<title>B</title><p>${"long ".repeat(2_000)}`,
    "/table": "<table><tr><th>x<tr><td>1</table>",
    "/gone": reply("", {}, 410),
    "/drip": raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "a"),
  });
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
});

function call(input: JsonObject, signal = new AbortController().signal) {
  const services = { web, datasets } as ToolContext["services"];
  return scrape.call(input, { signal, progress: (update) => void progress.push(update), services });
}

async function run(input: JsonObject): Promise<JsonObject> {
  const result = await call(input);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

async function rowsOf(result: JsonObject): Promise<JsonObject[]> {
  const text = await readFile(String(result["dataset_path"]), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
}

const at = (...paths: string[]) => paths.map((path) => site.origin + path);

test("every address is a row, in the order given, failures included", async () => {
  const urls = at("/b", "/gone", "/a", "/a");
  const result = await run({ urls });
  expect(result).toMatchObject({
    status: "done",
    dataset: expect.stringMatching(/^ds_[0-9a-f]{16}$/),
    dataset_format: "jsonl",
    columns: ["url", "final_url", "status", "title", "content", "fetched_at", "elapsed_ms", "error"],
    types: ["VARCHAR", "VARCHAR", "INTEGER", "VARCHAR", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "INTEGER", "VARCHAR"],
    row_count: 4,
    ok: 3,
    failed: 1,
    failures: [{ url: urls[1], code: "http_error", message: expect.stringContaining("410") }],
    truncated: true,
    elapsed_ms: expect.any(Number),
  });
  const rows = await rowsOf(result);
  expect(rows.map(({ url }) => url)).toEqual(urls);
  expect(rows.map(({ status, title }) => [status, title])).toEqual([
    [200, "B"],
    [410, null],
    [200, "A"],
    [200, "A"],
  ]);
  expect(rows[1]?.["error"]).toMatch(/^http_error: .*410/);
});

test("the preview is cut, the dataset is not", async () => {
  const result = await run({ urls: at("/b"), max_chars: 20 });
  expect(result).toMatchObject({ truncated: true, rows: [expect.arrayContaining(["long long long long …"])] });
  expect(String((await rowsOf(result))[0]?.["content"])).toHaveLength(2_000 * 5 - 1);
});

test("addresses and times are whole in the preview", async () => {
  const urls = at("/b?a-name-that-is-longer-than-twenty-characters");
  const result = await run({ urls, max_chars: 20 });
  const [row] = result["rows"] as unknown[][];
  const [url, finalUrl, , , , fetchedAt] = row ?? [];
  expect([url, finalUrl]).toEqual([urls[0], urls[0]]);
  expect(fetchedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("many pages stay a short reply", async () => {
  const urls = at(...Array.from({ length: 300 }, (_, n) => (n % 2 === 0 ? `/b?${n}` : `/nowhere?${n}`)));
  const result = await run({ urls, per_host: 32, respect_robots: false, max_chars: 20_000 });
  expect(result).toMatchObject({ row_count: 300, ok: 150, failed: 150, truncated: true });
  expect(JSON.stringify(result).length).toBeLessThan(56_000);
});

test("selected values are columns between content and fetched_at", async () => {
  const select = [
    { name: "price", css: ".price" },
    { name: "prices", css: ".price", many: true },
    { name: "next", css: "a", attr: "href" },
  ];
  const result = await run({ urls: at("/a", "/gone"), select });
  expect(result["columns"]).toEqual([
    "url",
    "final_url",
    "status",
    "title",
    "content",
    "price",
    "prices",
    "next",
    "fetched_at",
    "elapsed_ms",
    "error",
  ]);
  expect((result["types"] as string[]).slice(5, 8)).toEqual(["VARCHAR", "VARCHAR[]", "VARCHAR"]);
  const rows = await rowsOf(result);
  expect(rows[0]).toMatchObject({ price: "5", prices: ["5", "7"], next: `${site.origin}/b` });
  expect(rows[1]).toMatchObject({ price: null, prices: null, next: null });
});

test.each([
  ["markdown", "VARCHAR", expect.stringContaining("# Alpha")],
  ["text", "VARCHAR", expect.stringContaining("Alpha")],
  ["html", "VARCHAR", expect.stringContaining("<title>")],
  ["links", "STRUCT(text VARCHAR, url VARCHAR)[]", [{ text: "next", url: expect.stringMatching(/\/b$/) }]],
])("extract %s makes content a %s", async (extract, type, content) => {
  const result = await run({ urls: at("/a"), extract });
  expect((result["types"] as string[])[4]).toBe(type);
  const [row] = await rowsOf(result);
  expect(row?.["content"]).toEqual(content);
});

test("extract tables makes content a list of tables with their rows by column", async () => {
  const result = await run({ urls: at("/table"), extract: "tables" });
  expect((result["types"] as string[])[4]).toBe(
    "STRUCT(caption VARCHAR, columns VARCHAR[], rows MAP(VARCHAR, VARCHAR)[])[]",
  );
  expect((await rowsOf(result))[0]?.["content"]).toEqual([{ caption: null, columns: ["x"], rows: [{ x: "1" }] }]);
});

test("extract metadata makes content a struct", async () => {
  const result = await run({ urls: at("/a", "/gone"), extract: "metadata" });
  expect((result["types"] as string[])[4]).toMatch(/^STRUCT\(title VARCHAR, .*json_ld JSON\)$/);
  expect((await rowsOf(result)).map(({ content }) => content)).toEqual([expect.objectContaining({ title: "A" }), null]);
});

test("the dataset is found by its name and knows where it comes from", async () => {
  const result = await run({ urls: at("/a", "/gone"), save_as: "shops" });
  const dataset = await datasets.find("shops");
  expect(dataset).toMatchObject({ id: result["dataset"], rowCount: 2, name: "shops" });
  expect(dataset?.origin).toMatchObject({
    tool: "scrape",
    urls: [
      { url: `${site.origin}/a`, status: 200, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { url: `${site.origin}/gone`, status: 410, sha256: null },
    ],
  });
});

test("progress counts every page", async () => {
  await run({ urls: at("/a", "/b", "/gone") });
  expect(progress.map(({ done, total }) => [done, total])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  expect(progress.at(-1)?.message).toMatch(/pages\/s, 1 failed/);
});

describe("before the first page is fetched", () => {
  test.each<[what: string, input: JsonObject, named: string]>([
    ["no address", {}, "urls"],
    ["an empty list", { urls: [] }, "urls"],
    ["nothing but relative addresses", { urls: ["/a", "/b"] }, "urls[0]"],
    ["another scheme", { urls: ["file:///etc/passwd"] }, "urls[0]"],
    ["too many addresses", { urls: Array.from({ length: 10_001 }, () => "http://a.example") }, "10000"],
    ["a selector that is none", { urls: ["http://a.example"], select: [{ name: "a", css: "p[" }] }, "p["],
    ["a column twice", { urls: ["http://a.example"], select: [{ name: "URL", css: "p" }] }, "URL"],
    [
      "a column name that is none",
      { urls: ["http://a.example"], select: [{ name: "a b", css: "p" }] },
      "select.0.name",
    ],
    ["a name for the dataset that is none", { urls: ["http://a.example"], save_as: "../x" }, "../x"],
    ["an unknown extract", { urls: ["http://a.example"], extract: "pdf" }, "extract"],
    ["an argument that does not exist", { urls: ["http://a.example"], render: "always" }, "render"],
  ])("%s is an invalid input that is named", async (_what, input, named) => {
    const before = site.requested.length;
    const message = expect.stringContaining(named);
    expect(await call(input)).toMatchObject({ ok: false, code: "invalid_input", message });
    expect(site.requested.length).toBe(before);
  });
});

test("nulls, a lone address and numbers as text are understood", async () => {
  const input = { urls: `${site.origin}/a`, extract: null, select: null, concurrency: "8", save_as: null };
  expect(await run(input)).toMatchObject({ row_count: 1, ok: 1 });
});

test("what is no address is a row like any page that fails", async () => {
  const urls = ["nonsense", ...at("/a"), "file:///etc/passwd", "http://127.0.0.1:99999/"];
  const result = await run({ urls });
  expect(result).toMatchObject({ row_count: 4, ok: 1, failed: 3 });
  const rows = await rowsOf(result);
  expect(rows.map(({ url }) => url)).toEqual(urls);
  expect(rows[0]).toMatchObject({ error: 'invalid_input: "nonsense" is no absolute http or https address' });
  expect(rows[1]).toMatchObject({ title: "A", error: null });
});

test("after an abort the pages are kept that were there, those behind a slow one included", async () => {
  const stop = new AbortController();
  const running = call({ urls: at("/drip", "/a", "/b"), save_as: "part" }, stop.signal);
  while ((progress.at(-1)?.done ?? 0) < 2) await delay(5);
  stop.abort(new Error("enough"));
  const message = expect.stringMatching(/^scrape was cancelled; 2 of 3 pages are kept as ds_/) as string;
  expect(await running).toMatchObject({ ok: false, code: "cancelled", message });
  expect(await datasets.find("part")).toMatchObject({ rowCount: 2 });
});

test("after an abort before the first page no dataset or file is left", async () => {
  const stop = new AbortController();
  const running = call({ urls: at("/drip") }, stop.signal);
  const before = site.requested.length;
  while (site.requested.length === before) await delay(5);
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(await datasets.list(10)).toEqual([]);
  const left = await readdir(folder, { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile() && entry.name.includes("jsonl"))).toEqual([]);
});

test("render: auto leaves a page that says something as it is", async () => {
  expect(await run({ urls: at("/a"), render: "auto" })).toMatchObject({ ok: 1 });
  expect(await call({ urls: at("/a"), render: "always" })).toMatchObject({ ok: false, code: "invalid_input" });
});
