import { ToolError } from "../errors.ts";
import type { PageLinks } from "./crawl/page-links.ts";
import type { Fetched, OpenReply } from "./exchange.ts";
import { openFetcher, type Fetcher } from "./fetch.ts";
import type { Guard } from "./guard.ts";
import { isBinaryType } from "./page.ts";
import { pageHeaders, receivePage, type PageBody, type PageLimits } from "./page-body.ts";
import type { KeptPage, PageCache } from "./page-cache.ts";
import type { PageAnswer } from "./page-task.ts";
import type { Pages } from "./pages.ts";
import type { Gate } from "./politeness.ts";
import { isNofollow } from "./robots-tag.ts";
import { openRobots, type Robots, type RobotsReply } from "./robots.ts";
import type { PageSettings, ScrapedPage } from "./scrape.ts";

/** What every run of a scraper is given. */
export interface Surroundings {
  guard: Guard;
  pages: Pages;
  cache: PageCache | undefined;
  userAgent: string;
  signal: AbortSignal;
}

export interface PageRunOptions extends Surroundings {
  settings: PageSettings;
  gate: Gate;
  /** Count a page and the bytes of it that are held in memory; both are negative once they no longer are. */
  hold: (bytes: number, pages: 1 | -1) => void;
  /** Whether the links of the pages are wanted. */
  follow: boolean;
}

/** A page of a run, without the address that was given for it. */
export type ReadPage = Omit<ScrapedPage, "url"> & { links: (PageAnswer & { ok: true })["links"] };

/** Fetches and reads pages that share connections, cookies, pace and the rules of robots.txt. */
export interface PageRun {
  /**
   * @param order for the gate
   * @param admit asked before each address is requested, redirects included; the `ToolError` it throws is the page's error
   */
  read(url: string, order: number, admit?: (url: URL) => void): Promise<ReadPage>;
  /** Fetch something that is no page of the run but leads to some, obeying robots.txt as pages do. */
  fetch(url: string, maxBytes: number): Promise<Fetched<PageBody>>;
  robots: Robots;
  close(): Promise<void>;
}

type Run = PageRunOptions & { fetcher: Fetcher; robots: Robots; product: string };

const robotsTimeoutMs = 10_000;
const maxPageBytes = 10_000_000;
const maxRobotsBytes = 500 * 1_024;

export async function openPageRun(options: PageRunOptions): Promise<PageRun> {
  const { guard, gate, userAgent, signal } = options;
  const fetcher = await openFetcher({ guard, gate, userAgent, signal, stallMs: 0 });
  const product = (userAgent.split("/", 1)[0] ?? "").toLowerCase();
  const robots = openRobots(
    product,
    (url) => fetchRobots(options, fetcher, url),
    (host, { delayMs }) => (options.settings.respectRobots ? gate.pace(host).space(delayMs) : undefined),
  );
  const run = { ...options, fetcher, robots, product };
  return {
    read: (url, order, admit = () => {}) => readPage(run, { url, order, admit }),
    fetch: (url, maxBytes) => fetchBody(run, url, maxBytes),
    robots,
    close: () => fetcher.close(),
  };
}

const pageLimits: PageLimits = {
  maxBytes: maxPageBytes,
  overflow: "error",
  isWelcome: (contentType, url) => !isBinaryType(contentType) || isPackedFile(contentType, url),
};

/** Many servers have no type for `sitemap.xml.gz`. What is in it is seen when it is read. */
function isPackedFile(contentType: string, { pathname }: URL): boolean {
  return /^(?:application|binary)\/octet-stream/i.test(contentType) && /\.gz$/i.test(pathname);
}

function patienceOf(timeoutMs: number) {
  return {
    timeoutMs,
    maxPauseMs: timeoutMs,
    whenLate: `no complete page within ${timeoutMs / 1_000} s; raise timeout_s`,
    whenLimited: "ask for fewer pages at a time with per_host",
  };
}

interface Wanted {
  url: string;
  order: number;
  admit: (url: URL) => void;
}

async function readPage(run: Run, { url, order, admit }: Wanted): Promise<ReadPage> {
  const { settings, cache } = run;
  let known: KeptPage | undefined;
  let tags: string[] = [];
  const fetched = await run.fetcher.get({
    url,
    order,
    ...patienceOf(settings.timeoutMs),
    headersFor: () => ({ ...pageHeaders("gzip, br, deflate, zstd"), ...conditionsOf(known) }),
    receive(reply) {
      tags = reply.headers("x-robots-tag");
      return receiveAnew(reply, known, cache);
    },
    async admit(address) {
      admit(address);
      if (settings.respectRobots) await run.robots.check(address);
      known = await cache?.find(address);
    },
  });
  const { finalUrl, elapsedMs } = fetched;
  // what was kept is the page, as it was answered then
  const status = fetched.status === 304 ? 200 : fetched.status;
  const basics = { finalUrl, status, fetchedAt: new Date().toISOString(), elapsedMs };
  if (!fetched.ok) return { ...basics, ...nothing(settings), error: fetched.error };
  const { contentType, contentEncoding, bytes } = fetched.body;
  const { extract, select } = settings;
  const task = {
    address: finalUrl,
    contentType,
    contentEncoding,
    maxBytes: maxPageBytes,
    bytes,
    extract,
    select,
    follow: run.follow,
  };
  const bodyBytes = bytes.byteLength;
  run.hold(bodyBytes, 1);
  const page = await run.pages.read(task, run.signal);
  run.hold(-bodyBytes, -1);
  if (page.ok) {
    const { title, content, selected, sizeBytes, sha256 } = page;
    const links = page.links !== null && isNofollow(tags, run.product) ? unfollowed(page.links) : page.links;
    return { ...basics, title, content, selected, sizeBytes, sha256, links, error: undefined };
  }
  return {
    ...basics,
    ...nothing(settings),
    error: new ToolError(page.code, `${new URL(finalUrl).host}: ${page.message}`),
  };
}

function unfollowed({ urls, nofollow, ...links }: PageLinks): PageLinks {
  return { ...links, urls: [], nofollow: [...urls, ...nofollow] };
}

function conditionsOf(known: KeptPage | undefined): Record<string, string> {
  if (known === undefined) return {};
  return known.etag === "" ? { "if-modified-since": known.lastModified } : { "if-none-match": known.etag };
}

/** The page that was kept, where it still stands; else the one that was sent, which is kept where it may be. */
async function receiveAnew(
  reply: OpenReply,
  known: KeptPage | undefined,
  cache: PageCache | undefined,
): Promise<PageBody> {
  if (reply.status === 304 && known !== undefined) {
    await reply.body.dump();
    return known.body;
  }
  const body = await receivePage(reply, pageLimits);
  const [etag, lastModified] = [reply.header("etag"), reply.header("last-modified")];
  if (reply.status === 200 && isKeepable(reply)) await cache?.keep(reply.url, { etag, lastModified, body });
  return body;
}

/** What depends on who asks, or may not be stored, is not. */
function isKeepable({ header }: OpenReply): boolean {
  const hasValidator = header("etag") !== "" || header("last-modified") !== "";
  const isPersonal = header("set-cookie") !== "" || /\bcookie\b|\*/i.test(header("vary"));
  return hasValidator && !isPersonal && !/\bno-store\b/i.test(header("cache-control"));
}

function nothing({ select }: PageSettings) {
  const selected = select.map(() => null);
  return { title: null, content: null, selected, sizeBytes: null, sha256: null, links: null };
}

/** What pages wait for waits for no page that is ahead. */
const beforeAllPages = -1;

/** A longer body is cut. */
async function fetchBody(
  { fetcher, robots, settings }: Run,
  url: string,
  maxBytes: number,
): Promise<Fetched<PageBody>> {
  return fetcher.get({
    url,
    order: beforeAllPages,
    ...patienceOf(settings.timeoutMs),
    headersFor: () => pageHeaders("gzip, br, deflate, zstd"),
    receive: (reply) => receivePage(reply, { maxBytes, overflow: "cut", isWelcome: () => true }),
    admit: async (address) => (settings.respectRobots ? robots.check(address) : undefined),
  });
}

/** A robots.txt goes the way of the pages, but every page of its origin waits for it. */
async function fetchRobots(
  { settings, pages, signal }: PageRunOptions,
  fetcher: Fetcher,
  url: URL,
): Promise<RobotsReply> {
  const fetched = await fetcher.get({
    url: url.href,
    order: beforeAllPages,
    ...patienceOf(Math.min(settings.timeoutMs, robotsTimeoutMs)),
    headersFor: () => pageHeaders("identity"),
    receive: (reply) => receivePage(reply, { maxBytes: maxRobotsBytes, overflow: "cut", isWelcome: () => true }),
    admit: async () => {},
  });
  if (!fetched.ok)
    return { ok: false, status: fetched.status, code: fetched.error.code, message: fetched.error.message };
  const { contentEncoding, bytes } = fetched.body;
  const contentType = "text/plain; charset=utf-8";
  const task = { address: fetched.finalUrl, contentType, contentEncoding, maxBytes: maxPageBytes, bytes };
  const page = await pages.read({ ...task, extract: "text", select: [], follow: false }, signal);
  if (!page.ok) return { ok: false, status: null, code: page.code, message: page.message };
  return { ok: true, text: typeof page.content === "string" ? page.content : "" };
}
