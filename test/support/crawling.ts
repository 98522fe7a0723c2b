import type { CrawledPage, CrawlRequest, CrawlState } from "../../src/web/crawl/crawl.ts";
import type { Scraper } from "../../src/web/scrape.ts";
import { decoded, type DecodedPage } from "./scraping.ts";

type DecodedCrawledPage = DecodedPage & Pick<CrawledPage, "depth" | "parent" | "note">;

async function* nothing(): AsyncGenerator<never> {}

/** What a test of crawling asks for unless it says otherwise. */
const usual: Omit<CrawlRequest, "startUrls"> = {
  extract: "text",
  select: [],
  concurrency: 64,
  perHost: 16,
  timeoutMs: 5_000,
  respectRobots: true,
  render: "never",
  shownChars: 1_000,
  maxPages: 1_000,
  maxDepth: 20,
  sameSite: true,
  include: [],
  exclude: [],
  sitemap: false,
  earlier: nothing(),
};

/** All pages of a crawl, and how it ended. */
export async function crawlAll(
  scraper: Scraper,
  request: Partial<CrawlRequest> & Pick<CrawlRequest, "startUrls">,
  signal = new AbortController().signal,
): Promise<{ pages: DecodedCrawledPage[]; state: CrawlState }> {
  const crawl = await scraper.crawl({ ...usual, earlier: nothing(), ...request }, signal);
  const pages: DecodedCrawledPage[] = [];
  for await (const page of crawl.pages) pages.push(decoded(page));
  return { pages, state: crawl.state() };
}

/** A page that links to these addresses. */
export function linking(...urls: string[]): string {
  return `<title>T</title><p>text${urls.map((url) => `<a href="${url}">to</a>`).join(" ")}`;
}
