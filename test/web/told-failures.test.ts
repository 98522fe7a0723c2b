import { afterAll, beforeAll, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { scrapeAll } from "../support/scraping.ts";
import { openSite, reply, type Site } from "../support/site.ts";

let site: Site;
let scraper: Scraper;

beforeAll(async () => {
  site = await openSite({
    "/page": "<p>text",
    "/busy": reply("", { "retry-after": "100" }, 429),
    "/silent": () => {},
  });
  scraper = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
});
afterAll(async () => {
  await scraper.close();
  await site.close();
});

test("an address that is empty or far too long costs its own row", async () => {
  const urls = ["", `${site.origin}/page`, `${site.origin}/${"a".repeat(5_000)}`];
  const pages = await scrapeAll(scraper, { urls });
  expect(pages.map(({ error }) => error?.code)).toEqual(["invalid_input", undefined, "invalid_input"]);
  expect(pages[2]?.error?.message).toContain("more than 4096 characters");
});

test("a server that asks for more time than a page has is quoted", async () => {
  const [busy] = await scrapeAll(scraper, { urls: [`${site.origin}/busy`], timeoutMs: 2_000 });
  expect(busy?.error).toMatchObject({ code: "rate_limited", message: expect.stringContaining("left alone for 100 s") });
});

test("whoever fetches pages says what to try when they are late", async () => {
  const advice = { whenLate: "ask somebody else", whenLimited: "wait" };
  const [late] = await scrapeAll(scraper, { urls: [`${site.origin}/silent`], timeoutMs: 300, advice });
  expect(late?.error?.message).toMatch(/no complete page within 0.3 s; ask somebody else$/);
});
