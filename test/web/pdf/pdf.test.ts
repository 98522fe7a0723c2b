import { createCipheriv } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { openScraper, type ScrapeRequest, type Scraper } from "../../../src/web/scrape.ts";
import { crawlAll } from "../../support/crawling.ts";
import { hasChromium, unpackChromium } from "../../support/chromium.ts";
import { pdfFile, type PdfLine } from "../../support/pdf-file.ts";
import { scrapeAll } from "../../support/scraping.ts";
import { openSite, reply, type Route, type Site } from "../../support/site.ts";

vi.setConfig({ testTimeout: 90_000 });

let site: Site;
let scraper: Scraper;
let routes: Record<string, Route | string>;
beforeEach(async () => {
  routes = {};
  site = await openSite(routes);
  scraper = openScraper({ allowPrivate: [site.host], userAgent: "axoner/1" });
});
afterEach(async () => {
  await Promise.all([scraper.close(), site.close()]);
});

const pdf = (bytes: Buffer, headers: Record<string, string> = {}) =>
  reply(bytes, { "content-type": "application/pdf", ...headers });

async function read(bytes: Buffer, wanted: Partial<Omit<ScrapeRequest, "urls">> = {}) {
  routes["/a.pdf"] = pdf(bytes);
  const [page] = await scrapeAll(scraper, { urls: [`${site.origin}/a.pdf`], timeoutMs: 60_000, ...wanted });
  return page;
}

const lines = (texts: string[], x = 72, top = 700): PdfLine[] =>
  texts.map((text, index) => ({ text, x, y: top - 12 * index }));

describe("a PDF", () => {
  test("is a page with its paragraphs, headings and what it says of itself", async () => {
    const first = [
      { text: "A report", x: 72, y: 740, size: 20 },
      ...lines(["The first line of a paragraph that is divi-", "ded here, as words (and \\ signs) are."]),
      ...lines(["Another paragraph."], 72, 640),
    ];
    const info = { Title: "(On lamps)", Author: "(Ada)", CreationDate: "(D:20261102083000+01'00')" };
    const bytes = pdfFile({ pages: [first, lines(["On the second page."])], info });
    const page = await read(bytes, { extract: "markdown" });
    expect(page).toMatchObject({ title: "On lamps", error: undefined, sizeBytes: bytes.length });
    expect(page?.content).toBe(
      "\\[page 1\\]\n\n## A report\n\nThe first line of a paragraph that is divided here, as words (and \\\\ signs) are.\n\n" +
        "Another paragraph.\n\n\\[page 2\\]\n\nOn the second page.",
    );
    const { content } = (await read(bytes, { extract: "metadata" })) ?? {};
    expect(content).toMatchObject({ author: "Ada", published: expect.stringContaining("2026-11-02") });
  });

  test("is a page of a crawl", async () => {
    routes["/"] = '<p>See <a href="/a.pdf">the report</a>';
    routes["/a.pdf"] = pdf(pdfFile({ pages: [lines(["hello"])] }));
    const { pages } = await crawlAll(scraper, { startUrls: [`${site.origin}/`], timeoutMs: 60_000 });
    expect(pages.map(({ content, error }) => error ?? content)).toEqual([expect.stringContaining("See"), "hello"]);
  });

  test("in columns is read column by column, however it was written", async () => {
    const left = Array.from({ length: 8 }, (_, n) => `left column line number ${n} goes on`);
    const right = Array.from({ length: 8 }, (_, n) => `right column line number ${n} goes on`);
    const rows = left.flatMap((text, n) => [
      { text, x: 72, y: 650 - 12 * n },
      { text: right[n] ?? "", x: 320, y: 650 - 12 * n },
    ]);
    const title = { text: "A title across both of the columns of this page", x: 72, y: 720, size: 18 };
    const page = await read(pdfFile({ pages: [[...rows, title]] }));
    expect(page?.content).toBe(`A title across both of the columns of this page\n\n${[...left, ...right].join(" ")}`);
  });

  test("in cells is read row by row", async () => {
    const rows = ["Lamp", "Desk", "Bed", "Chair"].flatMap((name, n) => [
      { text: name, x: 72, y: 700 - 12 * n },
      { text: `${n} EUR`, x: 250, y: 700 - 12 * n },
    ]);
    expect((await read(pdfFile({ pages: [rows] })))?.content).toBe("Lamp 0 EUR Desk 1 EUR Bed 2 EUR Chair 3 EUR");
  });

  test("whose codes stand for letters, ligatures or other scripts is read as what they mean", async () => {
    const meanings = { 1: "\ufb01", 2: "sh ", 3: "\u6771\u4eac", 4: "\u{1f600}" };
    const text = { text: "0001000200030004", x: 72, y: 700 };
    expect((await read(pdfFile({ pages: [[text]], meanings })))?.content).toBe("fish \u6771\u4eac\u{1f600}");
  });

  test("is known by how it begins where its type does not tell, compressed on its way or not", async () => {
    const bytes = pdfFile({ pages: [lines(["hello"])] });
    routes["/a.pdf"] = reply(bytes, { "content-type": "application/octet-stream" });
    routes["/typeless"] = reply(bytes, { "content-type": "" });
    routes["/gzip"] = pdf(gzipSync(bytes), { "content-encoding": "gzip" });
    const urls = ["/a.pdf", "/typeless", "/gzip"].map((path) => site.origin + path);
    const pages = await scrapeAll(scraper, { urls, timeoutMs: 60_000 });
    expect(pages.map(({ content, error }) => error ?? content)).toEqual(["hello", "hello", "hello"]);
  });

  test.skipIf(!hasChromium)("that a browser printed reads as it was written", async () => {
    const chromium = await unpackChromium();
    onTestFinished(() => chromium.remove());
    const { chromium: playwright } = await import("playwright-core");
    const browser = await playwright.launch({
      executablePath: chromium.path,
      chromiumSandbox: process.getuid?.() !== 0,
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const sentences = Array.from(
      { length: 60 },
      (_, n) => `Sentence ${n} says that the office of fine flowers is ${n}.`,
    );
    await page.setContent(`<html lang=en><title>Print</title><style>p{columns:2;font:11pt serif}</style>
      <h1>A headline over both columns of text</h1><p>${sentences.join(" ")}`);
    const printed = await page.pdf({ format: "A4" });
    const found = await read(printed);
    expect(found?.title).toBe("Print");
    expect(String(found?.content).replace(/\s+/g, " ")).toBe(
      `A headline over both columns of text ${sentences.join(" ")}`,
    );
  });
});

describe("a PDF that cannot be read says why:", () => {
  const good = pdfFile({ pages: [lines(["hello"])] });
  const bomb = deflateSync(Buffer.alloc(1_500_000_000, " "), { level: 9 });
  const cipher = createCipheriv("aes-128-ecb", Buffer.alloc(16), null);
  const key = Buffer.concat([cipher.update(Buffer.alloc(16)), cipher.final()])
    .toString("hex")
    .padEnd(64, "0");
  const locked = pdfFile({
    pages: [lines(["hello"])],
    trailer: `/ID [<00> <00>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${key}> /U <${key}> >>`,
  });
  const cases: [name: string, bytes: Buffer, code: string, message: RegExp][] = [
    ["encrypted", locked, "unreadable", /encrypted and needs a password/],
    ["scanned", pdfFile({ pages: [[], []] }), "unreadable", /no text: its 2 pages are pictures/],
    ["cut", good.subarray(0, 300), "unreadable", /PDF/],
    ["none at all", Buffer.from("<html>log in"), "unreadable", /no PDF/],
    ["too many pages", pdfFile({ pages: Array.from({ length: 2_001 }, () => []) }), "too_large", /2001 pages/],
    ["a bomb", pdfFile({ pages: [[]], deflated: bomb }), "too_large", /too much memory/],
  ];

  test.each(cases)("%s", async (_name, bytes, code, message) => {
    const page = await read(bytes);
    expect(page?.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(page?.content).toBeNull();
    expect((await read(good))?.content).toBe("hello");
  });
});
