import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openScraper, type Scraper } from "../../src/web/scrape.ts";
import { brokenProtocol } from "../support/hostile-answers.ts";
import { bombs, largePages } from "../support/hostile-pages.ts";
import { openHostileServer, page, type HostileServer } from "../support/hostile-server.ts";
import { scrapeAll } from "../support/scraping.ts";

let server: HostileServer;
let scraper: Scraper;

beforeAll(async () => {
  server = await openHostileServer({ ...brokenProtocol, ...bombs, ...largePages, small: page("<p>small") });
  scraper = openScraper({ allowPrivate: [server.host], userAgent: "axoner/1" });
});
afterAll(async () => {
  await scraper.close();
  await server.close();
});

async function outcomes(paths: readonly string[], timeoutMs: number) {
  const urls = paths.map((path) => `${server.origin}/${path}`);
  const pages = await scrapeAll(scraper, { urls, timeoutMs });
  expect(pages.map(({ url }) => url)).toEqual(urls);
  return Object.fromEntries(paths.map((path, index) => [path, pages[index]?.error?.code ?? pages[index]?.content]));
}

describe("a server that breaks the protocol", () => {
  const hello = expect.stringMatching(/hello|^$/);
  /** Which of them depends on how far the attempts come in their time. */
  const refusal = expect.stringMatching(/^(?:http_error|unavailable|timeout|too_large)$/);
  const isReadable = (name: string) => /-after$|length-too-short|header-folded/.test(name);

  test("costs its own pages alone, and no more than their time", async () => {
    const names = Object.keys(brokenProtocol).filter((name) => !/^(redirects|other-each-time)/.test(name));
    const found = await outcomes(["small?first", ...names, "small?last"], 1_200);
    expect(found).toMatchObject({ "small?first": "small", "small?last": "small" });
    const late = names.filter((name) => name.startsWith("drip") || name === "silent");
    expect(Object.fromEntries(late.map((name) => [name, found[name]]))).toEqual(
      Object.fromEntries(late.map((name) => [name, "timeout"])),
    );
    for (const name of names.filter((one) => !isReadable(one))) expect([name, found[name]]).toEqual([name, refusal]);
    expect(found).toMatchObject({
      "garbage-after": hello,
      "reply-after": hello,
      "endless-header": "http_error",
      "no-http": "http_error",
      loop: "http_error",
    });
  });

  test("and lies about a length has no part taken for more than it says, and costs no page beside", async () => {
    const lies = ["too-long", "too-long-open", "too-short", "too-short-open"].map((lie) => `length-${lie}`);
    const paths = [...lies, "reply-after"].flatMap((path) => [path, `small?after-${path}`]);
    const urls = paths.map((path) => `${server.origin}/${path}`);
    const pages = await scrapeAll(scraper, { urls, perHost: 1, extract: "html", timeoutMs: 2_000 });
    const found = Object.fromEntries(paths.map((path, at) => [path, pages[at]?.error?.code ?? pages[at]?.content]));
    // ten bytes are announced: what comes after them is no part of any page
    const announced = expect.stringMatching(/^(?:<title>T<\/|http_error|unavailable)$/);
    expect(found).toEqual({
      ...Object.fromEntries(paths.map((path) => [path, "<p>small"])),
      "length-too-long": "unavailable",
      "length-too-long-open": "timeout",
      "length-too-short": announced,
      "length-too-short-open": announced,
      "reply-after": expect.stringMatching(/^(?:<title>T<\/title><p>hello|http_error|unavailable)$/),
    });
  });

  test("is followed through five redirects and not through six", async () => {
    expect(await outcomes(["redirects/5", "redirects/6", "redirects-on"], 5_000)).toEqual({
      "redirects/5": "hello",
      "redirects/6": "http_error",
      "redirects-on": "http_error",
    });
  });

  test("and answers differently each time is asked again, and heard at last", async () => {
    const found = await outcomes(["other-each-time"], 10_000);
    expect(String(found["other-each-time"])).toMatch(/^answer \d+$/);
  });
});

test("bombs of every encoding, and of several, are refused", { timeout: 90_000 }, async () => {
  // A gigabyte takes long to pack: bench/hostile.ts has that one.
  const names = Object.keys(bombs).filter((name) => name !== "bomb-file.gz");
  const found = await outcomes(names, 60_000);
  const refused = new Set(Object.values(found));
  expect(refused).toEqual(new Set(["too_large", "unreadable"]));
  expect(found).toMatchObject({ "bomb-gzip": "too_large", "bomb-br": "too_large", "bomb-deflate": "too_large" });
  expect(found).toMatchObject({ "bomb-zstd": "too_large", "bomb-gzip-gzip": "too_large", "bomb-layers": "unreadable" });
});

test("a page of 200 MB is not read to its end", async () => {
  expect(await outcomes(["page-200-mb", "page-200-mb-chunks"], 20_000)).toEqual({
    "page-200-mb": "too_large",
    "page-200-mb-chunks": "too_large",
  });
});

test("charsets that lie make text all the same", { timeout: 60_000 }, async () => {
  expect(await outcomes(["lies-unknown"], 20_000)).toEqual({ "lies-unknown": "hello" });
});

test("of 500 addresses 400 are dead, and all are rows in their order", { timeout: 60_000 }, async () => {
  const dead = ["resets", "silent", "closes-at-once"];
  const paths = Array.from({ length: 500 }, (_, n) => (n % 5 === 0 ? `small?${n}` : `${dead[n % 3]}?${n}`));
  const urls = paths.map((path) => `${server.origin}/${path}`);
  const pages = await scrapeAll(scraper, { urls, timeoutMs: 6_000, concurrency: 256, perHost: 256 });
  expect(pages.map(({ url }) => url)).toEqual(urls);
  expect(pages.filter(({ content }) => content === "small")).toHaveLength(100);
});

test("one address a thousand times is fetched once and is a thousand rows", async () => {
  const before = server.requested.length;
  const urls = Array.from({ length: 1_000 }, () => `${server.origin}/small?again`);
  const pages = await scrapeAll(scraper, { urls });
  expect(pages.filter(({ content }) => content === "small")).toHaveLength(1_000);
  expect(server.requested.length - before).toBe(1);
});
