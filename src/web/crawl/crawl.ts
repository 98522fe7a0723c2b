import type { ErrorCode } from "../../errors.ts";
import type { PageSettings, ScrapedPage } from "../scrape.ts";
import type { FrontierEvents, Skip } from "./frontier.ts";

export interface CrawlRequest extends PageSettings {
  /** Absolute http(s) addresses, which count as depth 0. */
  startUrls: readonly string[];
  /** Of the pages that come, those of `earlier` included. */
  maxPages: number;
  maxDepth: number;
  /** Stay on the registrable domains of the start addresses; on the same hosts where those have none. */
  sameSite: boolean;
  /** Patterns of path and query, or of the whole address where they begin with its scheme; `*` is anything. */
  include: readonly string[];
  exclude: readonly string[];
  /** Also take the pages that sitemaps list. */
  sitemap: boolean;
  /** What it is called by whoever goes on with it: what has been answered is found by that. Default: nothing is kept. */
  id?: string;
  /** What an earlier run of the same crawl left, in order. */
  earlier: AsyncIterable<CrawlNote>;
}

export interface CrawledPage extends ScrapedPage {
  depth: number;
  parent: string | null;
  note: CrawlNote;
}

/** What a crawl must know of a page, and of what happened before it, in order to go on without fetching it again. */
export interface CrawlNote extends FrontierEvents {
  url: string;
  /** Other addresses that turned out to be this page. */
  aliases: string[];
  failure: { code: ErrorCode; message: string } | null;
  status: number | null;
  sizeBytes: number | null;
  sha256: string | null;
  /** Whether all sitemaps have been read. */
  sitemapsRead: boolean;
}

/** A run of a crawl. Breadth first; each page comes as soon as it is read. */
export interface Crawl {
  /**
   * Whoever stops listening stops the run. Failures that may pass come last: until then they count as not yet read.
   *
   * @throws the signal's reason within a second of its abort, all connections closed, after the pages that were read
   */
  pages: AsyncIterable<CrawledPage>;
  state(): CrawlState;
}

export interface CrawlState {
  /** Pages that were read, those of `earlier` included. */
  done: number;
  failed: number;
  failuresByCode: ReadonlyMap<ErrorCode, number>;
  /** Addresses that are known and not read. */
  left: number;
  skipped: ReadonlyMap<Skip, number>;
  /** Addresses that led to pages which were there already. */
  repeated: number;
  /** Links on pages with too many of them. */
  excessLinks: number;
  /** The first rules of robots.txt that kept this run from pages, and where they stand. */
  robotsRules: readonly string[];
  /** What went wrong with sitemaps, one sentence each. */
  sitemapProblems: readonly string[];
}
