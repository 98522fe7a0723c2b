import { setMaxListeners } from "node:events";
import { pMapIterable } from "p-map";
import { ToolError } from "../errors.ts";
import { openFetcher, type Fetcher } from "./fetch.ts";
import type { Guard } from "./guard.ts";
import type { OpenReply } from "./exchange.ts";
import { isBinaryType } from "./page.ts";
import { pageHeaders, receivePage, type PageBody, type PageLimits } from "./page-body.ts";
import type { KeptPage, PageCache } from "./page-cache.ts";
import type { Pages } from "./pages.ts";
import { openGate, type Gate } from "./politeness.ts";
import { openRobots, type RobotsReply } from "./robots.ts";
import type { ScrapedPage, ScrapeRequest } from "./scrape.ts";

interface Surroundings {
  guard: Guard;
  pages: Pages;
  cache: PageCache | undefined;
  userAgent: string;
  signal: AbortSignal;
}

/** One run: what its pages share. */
interface Run {
  request: ScrapeRequest;
  fetcher: Fetcher;
  gate: Gate;
  pages: Pages;
  cache: PageCache | undefined;
  admit: (url: URL) => Promise<void>;
  signal: AbortSignal;
  /** Count bytes that are held in memory, and with a negative number those that no longer are. */
  hold: (bytes: number) => void;
}

/** A page of the run; the addresses that were given for it are put in later. */
type Page = Omit<ScrapedPage, "url">;

const robotsTimeoutMs = 10_000;
const maxPageBytes = 10_000_000;
const maxRobotsBytes = 500 * 1_024;
/** How many pages may be under way or wait for one before them, and how much of them may lie in memory meanwhile. */
const maxAhead = 1_024;
const maxBytesAhead = 64_000_000;

/** Fetch and read the pages of one request. See `Scraper.scrape`. */
export async function* scrapePages(request: ScrapeRequest, around: Surroundings): AsyncGenerator<ScrapedPage> {
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  setMaxListeners(0, signal);
  let next = 0;
  let bytesAhead = 0;
  const mayStart = (order: number) => order <= next || bytesAhead < maxBytesAhead;
  const gate = openGate({ total: request.concurrency, perHost: request.perHost, signal, mayStart });
  const fetcher = await openFetcher({ guard: around.guard, gate, userAgent: around.userAgent, signal, stallMs: 0 });
  const hold = (bytes: number) => {
    bytesAhead += bytes;
    if (bytes < 0) gate.recheck();
  };
  const run = openRun(
    { request, fetcher, gate, pages: around.pages, cache: around.cache, signal, hold },
    around.userAgent,
  );
  try {
    const scrapeOne = shareRepeated(request.urls, (url, order) => scrapePage(run, url, order));
    const pages = pMapIterable(
      request.urls,
      async (url, order) => {
        const page = { ...(await scrapeOne(url, order)), url };
        hold(page.sizeBytes ?? 0);
        request.onPage(page);
        return page;
      },
      { concurrency: maxAhead, backpressure: maxAhead },
    );
    for await (const page of pages) {
      yield page;
      next += 1;
      hold(-(page.sizeBytes ?? 0));
      gate.recheck();
    }
  } catch (thrown) {
    around.signal.throwIfAborted();
    throw thrown;
  } finally {
    stop.abort(new Error("the run is over"));
    await fetcher.close();
  }
}

function openRun(parts: Omit<Run, "admit">, userAgent: string): Run {
  const run: Run = { ...parts, admit: async () => {} };
  if (!run.request.respectRobots) return run;
  const product = (userAgent.split("/", 1)[0] ?? "").toLowerCase();
  const robots = openRobots(
    product,
    (url) => fetchRobots(run, url),
    (host, { delayMs }) => run.gate.pace(host).space(delayMs),
  );
  return { ...run, admit: (url) => robots.check(url) };
}

/** Addresses that differ in nothing that is sent are fetched once; their page is forgotten after its last use. */
function shareRepeated(
  urls: readonly string[],
  scrape: (url: string, order: number) => Promise<Page>,
): (url: string, order: number) => Promise<Page> {
  const uses = new Map<string, number>();
  const shared = new Map<string, Promise<Page>>();
  for (const url of urls) uses.set(requestKey(url), (uses.get(requestKey(url)) ?? 0) + 1);
  return (url, order) => {
    const key = requestKey(url);
    const left = (uses.get(key) ?? 1) - 1;
    uses.set(key, left);
    const page = shared.get(key) ?? scrape(url, order);
    if (left > 0) shared.set(key, page);
    else shared.delete(key);
    return page;
  };
}

function requestKey(url: string): string {
  return URL.parse(url)?.href.replace(/#.*/, "") ?? url;
}

const pageLimits: PageLimits = {
  maxBytes: maxPageBytes,
  overflow: "error",
  isWelcome: (contentType) => !isBinaryType(contentType),
};
const robotsLimits: PageLimits = { maxBytes: maxRobotsBytes, overflow: "cut", isWelcome: () => true };

function patienceOf(timeoutMs: number) {
  return {
    timeoutMs,
    maxPauseMs: timeoutMs,
    whenLate: `no complete page within ${timeoutMs / 1_000} s; raise timeout_s`,
    whenLimited: "ask for fewer pages at a time with per_host",
  };
}

async function scrapePage(run: Run, url: string, order: number): Promise<Page> {
  const { request, cache } = run;
  let known: KeptPage | undefined;
  const fetched = await run.fetcher.get({
    url,
    order,
    ...patienceOf(request.timeoutMs),
    headersFor: () => ({ ...pageHeaders("gzip, br, deflate, zstd"), ...conditionsOf(known) }),
    receive: (reply) => receiveAnew(reply, known, cache),
    async admit(address) {
      await run.admit(address);
      known = await cache?.find(address);
    },
  });
  const { finalUrl, elapsedMs } = fetched;
  // what was kept is the page, as it was answered then
  const status = fetched.status === 304 ? 200 : fetched.status;
  const basics = { finalUrl, status, fetchedAt: new Date().toISOString(), elapsedMs };
  if (!fetched.ok) return { ...basics, ...nothing(request), error: fetched.error };
  const { contentType, contentEncoding, bytes } = fetched.body;
  const { extract, select } = request;
  const task = {
    address: finalUrl,
    contentType,
    contentEncoding,
    maxBytes: maxPageBytes,
    bytes,
    extract,
    select,
  };
  const bodyBytes = bytes.byteLength;
  run.hold(bodyBytes);
  const page = await run.pages.read(task, run.signal);
  run.hold(-bodyBytes);
  if (page.ok) {
    const { title, content, selected, sizeBytes, sha256 } = page;
    return { ...basics, title, content, selected, sizeBytes, sha256, error: undefined };
  }
  return {
    ...basics,
    ...nothing(request),
    error: new ToolError(page.code, `${new URL(finalUrl).host}: ${page.message}`),
  };
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

function nothing({ select }: ScrapeRequest) {
  return { title: null, content: null, selected: select.map(() => null), sizeBytes: null, sha256: null };
}

/** A robots.txt goes the way of the pages, but waits for no page that is ahead: every page of its origin waits for it. */
async function fetchRobots({ request, fetcher, pages, signal }: Run, url: URL): Promise<RobotsReply> {
  const fetched = await fetcher.get({
    url: url.href,
    order: -1,
    ...patienceOf(Math.min(request.timeoutMs, robotsTimeoutMs)),
    headersFor: () => pageHeaders("identity"),
    receive: (reply) => receivePage(reply, robotsLimits),
    admit: async () => {},
  });
  if (!fetched.ok)
    return { ok: false, status: fetched.status, code: fetched.error.code, message: fetched.error.message };
  const { contentEncoding, bytes } = fetched.body;
  const contentType = "text/plain; charset=utf-8";
  const task = { address: fetched.finalUrl, contentType, contentEncoding, maxBytes: maxPageBytes, bytes };
  const page = await pages.read({ ...task, extract: "text", select: [] }, signal);
  if (!page.ok) return { ok: false, status: null, code: page.code, message: page.message };
  return { ok: true, text: typeof page.content === "string" ? page.content : "" };
}
