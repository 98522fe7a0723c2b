import type { ScrapedPage, Scraper, ScrapeRequest } from "../../src/web/scrape.ts";

/** What a test of scraping asks for unless it says otherwise. */
const usual: Omit<ScrapeRequest, "urls"> = {
  extract: "text",
  select: [],
  concurrency: 64,
  perHost: 16,
  timeoutMs: 5_000,
  respectRobots: false,
  render: "never",
  onPage: () => {},
};

/** All pages of a run, in the order in which it gives them. */
export async function scrapeAll(
  scraper: Scraper,
  request: Partial<ScrapeRequest> & Pick<ScrapeRequest, "urls">,
  signal = new AbortController().signal,
): Promise<ScrapedPage[]> {
  const pages: ScrapedPage[] = [];
  for await (const page of scraper.scrape({ ...usual, ...request }, signal)) pages.push(page);
  return pages;
}
