import type { ToolError } from "../errors.ts";
import type { JsonBytes } from "../text/json-bytes.ts";
import type { Extract } from "./extracts.ts";
import type { StartRunner } from "../isolate/pool.ts";
import { once } from "../once.ts";
import { currentTaping } from "../taping.ts";
import type { Crawl, CrawlRequest } from "./crawl/crawl.ts";
import { openGuard } from "./guard.ts";
import type { Advice } from "./page-bounds.ts";
import { openPageMemory } from "./page-memory.ts";
import { openPages } from "./pages.ts";
import { openPdfs } from "./pdf/pdfs.ts";
import { noProxies, openProxies, type ProxySettings } from "./proxies.ts";
import type { BrowserChoice } from "./render/find-browser.ts";
import type { Selection } from "./select.ts";

/** Fetches and reads web pages, many at a time, from the public internet and from hosts that the user has allowed. */
export interface Scraper {
  /**
   * The pages in the order of their addresses, each as soon as those before it are there. Whoever stops listening
   * stops the run. One page that fails is a result like any other.
   *
   * @throws the signal's reason within a second of its abort, all connections closed
   */
  scrape(request: ScrapeRequest, signal: AbortSignal): AsyncIterable<ScrapedPage>;
  /** Follow links from some pages to others. See `Crawl`. @throws ToolError `invalid_input` for a pattern of no use */
  crawl(request: CrawlRequest, signal: AbortSignal): Promise<Crawl>;
  /** @throws ToolError `invalid_input` that names the selector that cannot be used and why */
  checkSelectors(css: readonly string[], signal: AbortSignal): Promise<void>;
  /** Start what reads pages, while the first is being asked for. */
  prepare(): void;
  /** Stop what runs and free threads and connections. */
  close(): Promise<void>;
}

export const renderModes = ["never", "auto"] as const;
export type RenderMode = (typeof renderModes)[number];

/** How pages are fetched, and what is taken from them. */
export interface PageSettings {
  extract: Extract;
  select: readonly Selection[];
  concurrency: number;
  perHost: number;
  /** For one page with its retries and redirects, not counting how long it waits for its turn. */
  timeoutMs: number;
  respectRobots: boolean;
  /** Whether pages that their scripts build are run in a browser. */
  render: RenderMode;
  /** How much of each content and selected value is shown besides. */
  shownChars: number;
  /** What failures tell to try. Default: the inputs of `scrape`. */
  advice?: Advice;
}

export interface ScrapeRequest extends PageSettings {
  /** One that occurs several times is fetched once; one that is no absolute http(s) address is a page that fails. */
  urls: readonly string[];
  /** Called when a page is done, in the order in which they are. @param order its place among the addresses, from 0 */
  onPage: (page: ScrapedPage, order: number) => void;
}

export interface ScrapedPage {
  url: string;
  finalUrl: string | null;
  /** HTTP status; null where there was no reply. */
  status: number | null;
  title: string | null;
  /** Null for a page that failed, as are the values. The bytes are there until the next page is asked for. */
  content: JsonBytes | null;
  /** One value a selection. */
  selected: (JsonBytes | null)[];
  /** ISO 8601, UTC. */
  fetchedAt: string;
  elapsedMs: number;
  /** Of the body as it was before compression; null where there is none. */
  sizeBytes: number | null;
  sha256: string | null;
  error: ToolError | undefined;
}

export interface ScraperOptions {
  /** `HOST|CIDR[:PORT]`: what may be fetched although it is not public. */
  allowPrivate: readonly string[];
  /** The product and its version: `axoner/1.2.3`. */
  userAgent: string;
  /** Default: none. */
  proxies?: ProxySettings;
  /** Where pages are kept to be asked for with a condition next time; made on first use. Default: nowhere. */
  cacheFolder?: () => Promise<string>;
  /** What runs pages that need it. Default: a browser that is installed, without any environment. */
  browser?: BrowserChoice;
  /** The first of the threads that read pages, where one was started already. */
  pageThread?: StartRunner | undefined;
}

const noCache = { cache: undefined, cacheFolder: undefined };

/**
 * Opening reads the options only; the HTTP client and the page threads start with the first page.
 *
 * @throws ConfigError for an entry of `allowPrivate` that cannot be read
 */
export function openScraper(options: ScraperOptions): Scraper {
  const { allowPrivate, userAgent, cacheFolder, browser = { environment: {} } } = options;
  const guard = openGuard(allowPrivate);
  const proxies = openProxies(options.proxies ?? noProxies);
  const pages = openPages(options.pageThread);
  const memory = openPageMemory(cacheFolder);
  const pdfs = openPdfs();
  const closing = new AbortController();
  // what is recorded shall not hang on what was fetched before
  const pageCache = once(async () =>
    cacheFolder === undefined ? undefined : (await import("./page-cache.ts")).openPageCache(cacheFolder),
  );
  const surroundings = async (signal: AbortSignal) => ({
    guard,
    proxies,
    pages,
    pdfs,
    ...(currentTaping() === undefined ? { cache: await pageCache.get(), cacheFolder } : noCache),
    memory,
    userAgent,
    browser,
    signal: AbortSignal.any([signal, closing.signal]),
  });
  return {
    async *scrape(request, signal) {
      const { scrapePages } = await import("./scrape-pages.ts");
      yield* scrapePages(request, await surroundings(signal));
    },
    async crawl(request, signal) {
      const { openCrawl } = await import("./crawl/open-crawl.ts");
      return openCrawl(request, await surroundings(signal));
    },
    checkSelectors: (css, signal) => pages.checkSelectors(css, signal),
    prepare: pages.prepare,
    async close() {
      closing.abort(new Error("the scraper was closed"));
      await Promise.all([pages.close(), pdfs.close()]);
    },
  };
}
