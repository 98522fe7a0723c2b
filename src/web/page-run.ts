import { ToolError } from "../errors.ts";
import type { PageLinks } from "./crawl/page-links.ts";
import type { Fetched, OpenReply } from "./exchange.ts";
import { openFetcher, type Fetcher } from "./fetch.ts";
import type { Guard } from "./guard.ts";
import { isBinaryType } from "./page.ts";
import { pageHeaders, receivePage, type PageBody, type PageLimits } from "./page-body.ts";
import type { KeptPage, PageCache } from "./page-cache.ts";
import type { PageAnswer } from "./page-task.ts";
import { readPdfPage } from "./pdf/pdf-page.ts";
import { isPdf, isPdfType, type Pdfs } from "./pdf/pdfs.ts";
import type { ProxyChoice } from "./proxies.ts";
import type { BrowserChoice } from "./render/find-browser.ts";
import { openRendering, type Rendering } from "./render/rendering.ts";
import { runScripts } from "./render/run-scripts.ts";
import type { Pages } from "./pages.ts";
import type { Gate } from "./politeness.ts";
import { isNofollow } from "./robots-tag.ts";
import { openRobots, type Robots, type RobotsReply } from "./robots.ts";
import type { PageSettings, ScrapedPage } from "./scrape.ts";

/** What every run of a scraper is given. */
export interface Surroundings {
  guard: Guard;
  proxies: ProxyChoice;
  pages: Pages;
  pdfs: Pdfs;
  cache: PageCache | undefined;
  userAgent: string;
  browser: BrowserChoice;
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

type Run = PageRunOptions & { fetcher: Fetcher; robots: Robots; rendering: Rendering; product: string };

const robotsTimeoutMs = 10_000;
const maxPageBytes = 10_000_000;
const maxRobotsBytes = 500 * 1_024;

export async function openPageRun(options: PageRunOptions): Promise<PageRun> {
  const { guard, proxies, gate, userAgent, signal } = options;
  const fetcher = await openFetcher({ guard, proxies, gate, userAgent, signal, stallMs: 0 });
  const product = (userAgent.split("/", 1)[0] ?? "").toLowerCase();
  const robots = openRobots(
    product,
    (url) => fetchRobots(options, fetcher, url),
    (host, { delayMs }) => (options.settings.respectRobots ? gate.pace(host).space(delayMs) : undefined),
  );
  const rendering = openRendering({ ...options, choice: options.browser, way: options });
  const run = { ...options, fetcher, robots, rendering, product };
  return {
    read: (url, order, admit = () => {}) => readPage(run, { url, order, admit }),
    fetch: (url, maxBytes) => fetchBody(run, url, maxBytes),
    robots,
    close: async () => void (await Promise.all([fetcher.close(), rendering.close()])),
  };
}

const pageLimits: PageLimits = {
  maxBytes: maxPageBytes,
  overflow: "error",
  isWelcome: (contentType, url) =>
    !isBinaryType(contentType) || isPdfType(contentType) || isFileByName(contentType, url),
};

/** Files are often sent without a type; how one begins tells what it is. */
function isFileByName(contentType: string, { pathname }: URL): boolean {
  const isPlain = /^(?:application\/(?:octet-stream|force-download|download)|binary\/octet-stream)\b/i.test(
    contentType,
  );
  return isPlain && /\.(?:pdf|gz)$/i.test(pathname);
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
  const mayVisit = async (address: URL) => {
    admit(address);
    if (settings.respectRobots) await run.robots.check(address);
  };
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
      await mayVisit(address);
      known = await cache?.find(address);
    },
  });
  const { finalUrl, elapsedMs } = fetched;
  // what was kept is the page, as it was answered then
  const status = fetched.status === 304 ? 200 : fetched.status;
  const basics = { finalUrl, status, fetchedAt: new Date().toISOString(), elapsedMs };
  if (!fetched.ok) return { ...basics, ...nothing(settings.select), error: fetched.error };
  const bodyBytes = fetched.body.bytes.byteLength;
  run.hold(bodyBytes, 1);
  const page = await readBody(run, { ...fetched, mayVisit });
  run.hold(-bodyBytes, -1);
  if (page.read.ok) {
    const { ok: _ok, scripted: _scripted, ...read } = page.read;
    if (read.links !== null && isNofollow(tags, run.product)) read.links = unfollowed(read.links);
    return { ...basics, finalUrl: page.finalUrl, elapsedMs: elapsedMs + page.elapsedMs, ...read, error: page.error };
  }
  const error = new ToolError(page.read.code, `${new URL(finalUrl).host}: ${page.read.message}`);
  return { ...basics, ...nothing(settings.select), error };
}

interface FetchedPage {
  finalUrl: string;
  elapsedMs: number;
  body: PageBody;
  mayVisit: (url: URL) => Promise<void>;
}

/** What a body says, of a page that its scripts build what it says once they have run. */
async function readBody(run: Run, { finalUrl, elapsedMs, body, mayVisit }: FetchedPage) {
  const { settings, pages, signal } = run;
  const { contentType, contentEncoding, bytes } = body;
  const task = {
    address: finalUrl,
    contentType,
    contentEncoding,
    maxBytes: maxPageBytes,
    extract: settings.extract,
    select: settings.select,
    follow: run.follow,
    detectScripts: settings.render === "auto",
  };
  if (isPdf(contentType, bytes)) {
    const read = await readPdfPage({ pdfs: run.pdfs, pages, task, bytes, signal });
    return { read, finalUrl, elapsedMs: 0, error: undefined };
  }
  const read = await pages.read({ ...task, bytes }, signal);
  if (!read.ok || read.scripted === null) return { read, finalUrl, elapsedMs: 0, error: undefined };
  return runScripts({
    rendering: run.rendering,
    pages,
    task,
    read,
    html: read.scripted,
    cookies: run.fetcher.cookies(new URL(finalUrl)),
    timeoutMs: settings.timeoutMs - elapsedMs,
    admit: mayVisit,
    signal,
  });
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

/** What is read of a page that cannot be. */
export function nothing(select: PageSettings["select"]) {
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
