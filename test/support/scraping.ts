import { decodeJson } from "../../src/text/json-bytes.ts";
import type { JsonValue } from "../../src/message.ts";
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
  shownChars: 1_000,
  onPage: () => {},
};

/** A page with the values that its bytes stand for. */
export type DecodedPage = Omit<ScrapedPage, "content" | "selected"> & { content: JsonValue; selected: JsonValue[] };

export function decoded<Page extends ScrapedPage>(page: Page) {
  const [content = null, ...selected] = [page.content, ...page.selected].map((value) =>
    value === null ? null : (decodeJson(value) as JsonValue),
  );
  return { ...page, content, selected };
}

/** All pages of a run, in the order in which it gives them. */
export async function scrapeAll(
  scraper: Scraper,
  request: Partial<ScrapeRequest> & Pick<ScrapeRequest, "urls">,
  signal = new AbortController().signal,
): Promise<DecodedPage[]> {
  const pages: DecodedPage[] = [];
  for await (const page of scraper.scrape({ ...usual, ...request }, signal)) pages.push(decoded(page));
  return pages;
}
