import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openDatasets, type Datasets } from "../../src/data/dataset.ts";
import type { JsonObject } from "../../src/message.ts";
import type { Progress, ToolContext, ToolResult } from "../../src/tools/tool.ts";
import { webSearch } from "../../src/tools/web-search.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { temporaryFolder } from "../support/config.ts";
import { json, openSearchService, recorded, testKeys, type SearchService } from "../support/search-service.ts";
import { openSite, reply, type Site } from "../support/site.ts";

let service: SearchService;
let site: Site;
let web: Scraper;
let folder: string;
let datasets: Datasets;
let progress: Progress[];

beforeAll(async () => {
  service = await openSearchService();
  site = await openSite({
    "/a": "<title>A</title><h1>Alpha</h1><p>first</p>",
    "/gone": reply("", {}, 410),
    "/long": `<title>L</title><p>${"long ".repeat(20_000)}`,
    "/escaped": `<title>E</title><pre>${'"\\'.repeat(20_000)}</pre>`,
    "/slow": () => {},
  });
  web = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
});
afterAll(async () => {
  await web.close();
  await site.close();
  await service.close();
});
beforeEach(() => {
  folder = temporaryFolder();
  datasets = openDatasets(folder);
  progress = [];
  service.asked.splice(0);
});

function call(input: JsonObject, signal = new AbortController().signal): Promise<ToolResult> {
  const services = { web, datasets, search: service.open() } as unknown as ToolContext["services"];
  return webSearch.call(input, { signal, progress: (update) => void progress.push(update), services });
}

async function run(input: JsonObject): Promise<JsonObject> {
  const result = await call(input);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function finds(...paths: string[]): void {
  const results = paths.map((path) => ({ title: path, url: site.origin + path, content: `about ${path}` }));
  service.answers(json({ results }));
}

test("the hits come with their backend, the first configured unless one is named", async () => {
  service.answers(json(recorded("google")));
  expect(await run({ query: " duckdb parquet ", count: "3" })).toEqual({
    status: "done",
    backend: "google",
    results: expect.arrayContaining([
      {
        title: "Querying Parquet with Precision using DuckDB",
        url: "https://duckdb.org/2021/06/25/querying-parquet.html",
        snippet: "",
      },
    ]),
  });
  expect(service.asked[0]?.url.searchParams.get("q")).toBe("duckdb parquet");
  service.answers(json(recorded("brave")));
  expect(await run({ query: "duckdb", backend: "brave" })).toMatchObject({ backend: "brave" });
});

test.each([
  [{ query: "  " }, /query/],
  [{ query: "q".repeat(401) }, /query.*400/],
  [{ query: "q", count: 51 }, /count/],
  [{ query: "q", backend: "bing" }, /backend/],
  [{ query: "q", api_key: "k" }, /api_key: unknown argument/],
  [{ query: "q", endpoint: "http://169.254.169.254/" }, /endpoint: unknown argument/],
])("%j is refused before anyone is asked", async (input, message) => {
  expect(await call(input)).toMatchObject({
    ok: false,
    code: "invalid_input",
    message: expect.stringMatching(message),
  });
  expect(service.asked).toEqual([]);
});

test("fetch brings the text of the hits in their order, and one dead page costs no other", async () => {
  finds("/long", "/gone", "/a");
  const result = await run({ query: "q", backend: "tavily", fetch: true });
  expect(result).toMatchObject({
    results: [
      { title: "/long", snippet: "about /long", content: expect.stringMatching(/^long (long )+l?.*…$/) },
      { title: "/gone", error: expect.stringMatching(/^http_error: .*410/) },
      { title: "/a", content: expect.stringContaining("# Alpha") },
    ],
    dataset: expect.stringMatching(/^ds_/),
    dataset_format: "jsonl",
  });
  const rows = (await readFile(String(result["dataset_path"]), "utf8")).trimEnd().split("\n");
  expect(rows.map((row) => JSON.parse(row) as JsonObject)).toMatchObject([
    { url: `${site.origin}/long`, title: "L", content: expect.stringMatching(/^.{99000}/) },
    { status: 410, content: null, error: expect.stringMatching(/^http_error/) },
    { title: "A", error: null },
  ]);
  const dataset = await datasets.find(String(result["dataset"]));
  expect(dataset?.origin).toMatchObject({ tool: "web_search", query: "q", backend: "tavily" });
  expect(progress.map(({ done, total }) => [done, total])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test("fetching nothing makes no dataset", async () => {
  service.answers(json({ results: [] }));
  const result = await run({ query: "q", backend: "tavily", fetch: true });
  expect(result).toEqual({ status: "done", results: [], backend: "tavily" });
});

test("a result stays short, whatever was found", async () => {
  const urls = Array.from({ length: 20 }, (_, n) => `/${n % 2 === 0 ? "escaped" : "long"}?${n}`);
  finds(...urls);
  const result = await run({ query: "q", backend: "tavily", count: 50, fetch: true });
  expect(result["results"]).toHaveLength(20);
  expect(JSON.stringify(result).length).toBeLessThan(60_000);
  const long = { title: '"'.repeat(300), content: '"'.repeat(900) };
  service.answers(
    json({
      results: Array.from({ length: 50 }, (_, n) => ({ ...long, url: `https://a.example/${n}${"x".repeat(1_900)}` })),
    }),
  );
  const cut = await run({ query: "q", backend: "searxng", count: 50 });
  expect(JSON.stringify(cut).length).toBeLessThan(46_000);
  expect(cut["notes"]).toEqual([expect.stringMatching(/^only \d+ of 50 hits fit/)]);
});

test("the host of SEARXNG_URL is no page that a hit may lead to", async () => {
  service.answers(
    json({ results: [{ title: "in", url: `${service.site.origin}/search`, content: "" }] }),
    json({ results: [] }),
  );
  const result = await run({ query: "q", backend: "searxng", fetch: true });
  expect(result).toMatchObject({ results: [{ error: expect.stringMatching(/^blocked_address/) }] });
});

test("a cancelled search ends at once and leaves no dataset", async () => {
  finds("/a", "/slow");
  const abort = new AbortController();
  const running = call({ query: "q", backend: "tavily", fetch: true }, abort.signal);
  await vi.waitUntil(() => site.requested.includes("/slow"), 5_000);
  abort.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  await vi.waitUntil(() => site.openSockets() === 0, 1_000);
  expect(await datasets.list(10)).toEqual([]);
});

test("no key is in a result, a dataset or its sidecar", async () => {
  const echo = Object.values(testKeys).join(" ");
  service.answers(
    json({
      results: [
        { title: echo, url: `${site.origin}/a?${testKeys.TAVILY_API_KEY}`, content: echo },
        { title: "t", url: `${site.origin}/a`, content: echo },
      ],
    }),
  );
  const result = await run({ query: "q", backend: "tavily", fetch: true });
  const names = await readdir(join(folder, "datasets"));
  const files = await Promise.all(names.map((name) => readFile(join(folder, "datasets", name), "utf8")));
  expect(result["results"]).toHaveLength(1);
  expect(files).toHaveLength(2);
  expect([JSON.stringify(result), ...files].join("")).not.toContain(testKeys.TAVILY_API_KEY);
});
