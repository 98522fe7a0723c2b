import { afterAll, beforeAll, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { middlingPages } from "../support/hostile-pages.ts";
import { openHostileServer, page, type HostileServer } from "../support/hostile-server.ts";
import { scrapeAll } from "../support/scraping.ts";

/** Far more than any process may have, whatever it is read as. */
const greedy = `<title>T</title>${"<table><tr><td rowspan=60000 colspan=900>x".repeat(150_000)}`;

let server: HostileServer;
let scraper: Scraper;

beforeAll(async () => {
  const rows = (count: number) => `<table>${"<tr><td>x<td>y".repeat(count)}`;
  server = await openHostileServer({
    ...middlingPages,
    small: page("<p>small"),
    greedy: page(greedy),
    opening: page(`<title>T</title>${"<".repeat(9_900_000)}`),
    "rows-200000": page(rows(200_000)),
    "rows-450000": page(rows(450_000)),
  });
  scraper = openScraper({ allowPrivate: [server.host], userAgent: "axoner/1" });
});
afterAll(async () => {
  await scraper.close();
  await server.close();
});

test("pages of several MB come whole, and cost none of the small ones between them", { timeout: 120_000 }, async () => {
  const names = Object.keys(middlingPages);
  const paths = names.flatMap((name) => [name, `small?${name}`]);
  const urls = paths.map((path) => `${server.origin}/${path}`);
  const pages = await scrapeAll(scraper, { urls, extract: "markdown", perHost: 16, timeoutMs: 60_000 });
  expect(pages.map(({ url, error }) => [url, error?.code])).toEqual(urls.map((url) => [url, undefined]));
});

test("tables of hundreds of thousands of rows are read", { timeout: 120_000 }, async () => {
  const urls = [`${server.origin}/rows-200000`, `${server.origin}/rows-450000`];
  const found = await scrapeAll(scraper, { urls, extract: "tables", timeoutMs: 60_000 });
  expect(found.map(({ error }) => error)).toEqual([undefined, undefined]);
  const lengths = found.map(({ content }) => (content as { rows: unknown[] }[])[0]?.rows.length);
  expect(lengths).toEqual([200_000, 450_000]);
  const [text] = await scrapeAll(scraper, { urls: urls.slice(1), extract: "markdown", timeoutMs: 60_000 });
  expect(String(text?.content).split("\n")).toHaveLength(450_001);
});

test("a page that takes more memory than its process has costs none but itself", { timeout: 120_000 }, async () => {
  const paths = ["rows-200000", "small?1", "greedy", "small?2", "rows-200000?2", "greedy?2", "rows-200000?3"];
  const urls = paths.map((path) => `${server.origin}/${path}`);
  const found = await scrapeAll(scraper, { urls, extract: "tables", perHost: 16, timeoutMs: 60_000 });
  const outcomes = found.map(({ error }) => error?.code ?? "ok");
  expect(outcomes).toEqual(["ok", "ok", "too_large", "ok", "ok", "too_large", "ok"]);
  // that it was the process that ended, no limit on what a page may say
  expect(found[2]?.error?.message).toContain("takes more memory to read than a page may");
});

test("text in millions of pieces takes no more memory than other text", { timeout: 120_000 }, async () => {
  const urls = [`${server.origin}/opening`];
  const [found] = await scrapeAll(scraper, { urls, extract: "text", timeoutMs: 60_000 });
  expect(found?.error).toBeUndefined();
  expect(String(found?.content)).toHaveLength(9_900_000);
});
