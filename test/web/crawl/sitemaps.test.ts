import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readSitemap } from "../../../src/web/crawl/read-sitemap.ts";
import { openScraper, type Scraper } from "../../../src/web/scrape.ts";
import { crawlAll, linking } from "../../support/crawling.ts";
import { openSite, reply, type Route, type Site } from "../../support/site.ts";

let site: Site;
let scraper: Scraper;
let routes: Record<string, Route | string>;

beforeAll(() => {
  scraper = openScraper({ allowPrivate: ["127.0.0.1"], userAgent: "axoner/1" });
});
afterAll(() => scraper.close());
beforeEach(async () => {
  routes = { "/": linking("/linked"), "/linked": "linked", "/a": "a", "/b": "b", "/c": "c" };
  site = await openSite(routes);
});
afterEach(() => site.close());

const xml = { "content-type": "application/xml" };
const text = { "content-type": "text/plain" };
const urlset = (...paths: string[]) =>
  `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${paths
    .map((path) => `<url>\n<loc> ${site.origin}${path} </loc><lastmod>2026-01-01</lastmod></url>`)
    .join("")}</urlset>`;
const index = (...paths: string[]) =>
  `<sitemapindex>${paths.map((path) => `<sitemap><loc>${site.origin}${path}</loc></sitemap>`).join("")}</sitemapindex>`;

async function crawl(more: Partial<Parameters<typeof crawlAll>[1]> = {}) {
  const { pages, state } = await crawlAll(scraper, { startUrls: [`${site.origin}/`], sitemap: true, ...more });
  const found = pages.map(({ url, depth, parent }) => [url, depth, parent].join(" ").replaceAll(site.origin, ""));
  return { found: found.toSorted(), pages, state };
}

test("the sitemaps that robots.txt names are read, whatever they are packed in", async () => {
  const robots = [
    "Sitemap: /plain.txt",
    `sitemap:${site.origin}/zipped.xml.gz`,
    "Sitemap: https://elsewhere.example/x",
  ];
  routes["/robots.txt"] = reply(robots.join("\n"), text);
  routes["/plain.txt"] = reply(`${site.origin}/a\r\nno address\n${site.origin}/b`, text);
  routes["/zipped.xml.gz"] = reply(gzipSync(urlset("/c", "/a")), { "content-type": "application/gzip" });
  const { found, state } = await crawl();
  expect(found.map((page) => page.replace(/ \/(?:plain|zipped).*/, " sitemap"))).toEqual([
    "/ 0 ",
    "/a 1 sitemap",
    "/b 1 sitemap",
    "/c 1 sitemap",
    "/linked 1 /",
  ]);
  expect(state.sitemapProblems).toEqual([]);
  expect(site.requested).not.toContain("/sitemap.xml");
});

test.each(["application/octet-stream", "application/gzip", "application/x-gzip", "binary/octet-stream", "text/xml"])(
  "a packed sitemap that is sent as %s is read",
  async (type) => {
    routes["/robots.txt"] = reply("Sitemap: /map.xml.gz", text);
    routes["/map.xml.gz"] = reply(gzipSync(urlset("/a", "/b")), { "content-type": type });
    const { pages, state } = await crawl();
    expect(pages.map(({ url }) => url.replace(site.origin, "")).toSorted()).toEqual(["/", "/a", "/b", "/linked"]);
    expect(state.sitemapProblems).toEqual([]);
  },
);

test("without any /sitemap.xml is tried, and an index leads to others", async () => {
  routes["/sitemap.xml"] = reply(index("/1.xml", "/2.xml", "/sitemap.xml"), xml);
  routes["/1.xml"] = reply(urlset("/a?x=1&amp;y=2"), xml);
  routes["/2.xml"] = reply(`<x:urlset><x:url><x:loc><![CDATA[${site.origin}/b]]></x:loc></x:url></x:urlset>`, xml);
  expect((await crawl()).found).toEqual(["/ 0 ", "/a?x=1&y=2 1 /1.xml", "/b 1 /2.xml", "/linked 1 /"]);
});

test("linked pages come before those of a sitemap", async () => {
  routes["/sitemap.xml"] = reply(urlset("/a", "/b", "/c"), xml);
  expect((await crawl({ maxPages: 2 })).found).toEqual(["/ 0 ", "/linked 1 /"]);
  expect((await crawl({ maxDepth: 0 })).found).toEqual(["/ 0 "]);
});

test("a sitemap that is not there, or a page in its place, is no problem where nobody named it", async () => {
  expect((await crawl()).state.sitemapProblems).toEqual([]);
  routes["/sitemap.xml"] = `<p>not found <url><loc>${site.origin}/a</loc></url>`;
  const { found, state } = await crawl();
  expect([found, state.sitemapProblems]).toEqual([["/ 0 ", "/linked 1 /"], []]);
});

test.each<[what: string, body: () => Uint8Array | string, told: RegExp]>([
  ["that is missing", () => "", /answered 404/],
  ["that is a bomb", () => gzipSync(Buffer.alloc(60_000_000, " ")), /larger than 50 MB/],
  ["whose gzip is damaged", () => new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]), /damaged/],
  ["that is nested without end", () => "<urlset>".repeat(1_000_000), /nested too deeply/],
])("a named sitemap %s is told and ends nothing", async (what, body, told) => {
  routes["/robots.txt"] = reply("Sitemap: /map.xml", text);
  routes["/map.xml"] = what === "that is missing" ? reply("", {}, 404) : reply(body(), xml);
  const { found, state } = await crawl();
  expect(found).toEqual(["/ 0 ", "/linked 1 /"]);
  expect(state.sitemapProblems).toEqual([expect.stringMatching(told)]);
});

test("indexes without end are read to a measure", async () => {
  let n = 0;
  const endless: Route = (response, { headers }) => {
    const lists = index(...Array.from({ length: 20 }, () => `/map/${++n}`));
    response.writeHead(200, xml).end(lists.replaceAll(site.origin, `http://${headers.host}`));
  };
  routes["/robots.txt"] = reply("Sitemap: /map/0", text);
  const bottomless = new Proxy(routes, {
    get: (own, path: string) => (path.startsWith("/map/") ? endless : own[path]),
  });
  const hostile = await openSite(bottomless);
  const { state } = await crawlAll(scraper, { startUrls: [`${hostile.origin}/`], sitemap: true });
  expect(hostile.requested.filter((path) => path.startsWith("/map/"))).toHaveLength(500);
  expect(state.sitemapProblems).toContainEqual(expect.stringContaining("first 500"));
  await hostile.close();
});

test("of a sitemap no more addresses are taken than the protocol allows", () => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `https://a.example/${n}`).join("\n");
  const { pages, isCut } = readSitemap(new TextEncoder().encode(lines), "text/plain", "https://a.example/s.txt");
  expect([pages.length, isCut]).toEqual([50_000, true]);
});

test("a sitemap that is cut off counts as far as it goes", () => {
  const packed = gzipSync(urlset(...Array.from({ length: 5_000 }, (_, n) => `/${n}/${Math.sin(n)}`)));
  const { pages } = readSitemap(packed.subarray(0, packed.length / 2), "", "https://a.example/s.xml.gz");
  expect(pages.length).toBeGreaterThan(1_000);
});
