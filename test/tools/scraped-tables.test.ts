import { afterAll, beforeAll, expect, test } from "vitest";
import { queryData } from "../../src/tools/query-data.ts";
import { scrape } from "../../src/tools/scrape.ts";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { openDataFolder, type DataFolder } from "../support/data-folder.ts";
import { openSite, type Site } from "../support/site.ts";

let site: Site;
let web: Scraper;
let folder: DataFolder;

beforeAll(async () => {
  site = await openSite({
    "/a": `<table><tr><th rowspan=2>sku<th colspan=2>price<tr><th>eur<th>usd<tr><td rowspan=2>A<td>1.5<td>2<tr><td>3<td>4<tr><td>B</table>`,
    "/b": `<meta property=article:published_time content=2026-01-02T03:04:05Z><p>no table`,
  });
  web = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
  folder = await openDataFolder();
});
afterAll(async () => {
  await folder.close();
  await web.close();
  await site.close();
});

async function scrapeAs(name: string, extract: string): Promise<void> {
  const urls = [`${site.origin}/a`, `${site.origin}/b`, `${site.origin}/gone`];
  const { files, datasets, sql, databases, charts } = folder;
  const services = { files, datasets, sql, databases, charts, web } as never;
  const context = { services, signal: new AbortController().signal, progress: () => {} };
  expect(await scrape.call({ urls, extract, save_as: name }, context)).toMatchObject({ ok: true });
}

async function rows(sql: string): Promise<unknown> {
  return (await folder.value(queryData, { sql }))["rows"];
}

test("the rows of scraped tables become rows of SQL, their columns by name", async () => {
  await scrapeAs("prices", "tables");
  const unnested = "(select unnest(content[1].rows) as r from prices)";
  expect(await rows(`select r['sku'], r['price eur']::double, r['price usd'] from ${unnested}`)).toEqual([
    ["A", 1.5, "2"],
    ["A", 3, "4"],
    ["B", null, null],
  ]);
});

test("scraped metadata is read field by field", async () => {
  await scrapeAs("about", "metadata");
  expect(await rows("select content.published::timestamptz, content.json_ld from about")).toEqual([
    [null, []],
    ["2026-01-02T03:04:05Z", []],
    [null, null],
  ]);
});
