import { ToolError } from "../errors.ts";
import { openTidying } from "../isolate/collect-garbage.ts";
import { currentTaping, drawn, measured } from "../taping.ts";
import { releaseJson, sizeOf } from "../text/json-bytes.ts";
import type { KeptReplies } from "./crawl/kept-replies.ts";
import type { PageLinks } from "./crawl/page-links.ts";
import type { Fetched } from "./exchange.ts";
import { openFetcher, type Fetcher } from "./fetch.ts";
import type { Guard } from "./guard.ts";
import { likelyFromEnd } from "./inflate.ts";
import { isBinaryType } from "./page-kind.ts";
import { pageHeaders, receivePage, type PageBody, type PageLimits, type WholeBody } from "./page-body.ts";
import type { PageCache } from "./page-cache.ts";
import { fetchRobots } from "./fetch-robots.ts";
import { beforeAllPages, maxPageBytes, patienceOf } from "./page-bounds.ts";
import { openRunMemory, type Holding, type PageMemory, type RunMemory } from "./page-memory.ts";
import { fileFor, replyTo } from "./page-reply.ts";
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
import { openRobots, type Robots } from "./robots.ts";
import type { PageSettings, ScrapedPage } from "./scrape.ts";

/** What every run of a scraper is given. */
export interface Surroundings {
  guard: Guard;
  proxies: ProxyChoice;
  pages: Pages;
  pdfs: Pdfs;
  cache: PageCache | undefined;
  cacheFolder: (() => Promise<string>) | undefined;
  memory: PageMemory;
  userAgent: string;
  browser: BrowserChoice;
  signal: AbortSignal;
}

export interface PageRunOptions extends Surroundings {
  settings: PageSettings;
  gate: Gate;
  /** A page is held in memory, with so many bytes … */
  hold: (bytes: number) => void;
  /** … and no longer is. */
  letGo: (bytes: number) => void;
  /** Whether pages that are ready wait for the one of this order. */
  isFirst: (order: number) => boolean;
  /** Where replies are kept until their pages are written; undefined where they need not be. */
  replies: KeptReplies | undefined;
  /** Whether the links of the pages are wanted. */
  follow: boolean;
}

/** A page of a run, without the address that was given for it. */
export interface ReadPage extends Omit<ScrapedPage, "url">, Held {
  links: (PageAnswer & { ok: true })["links"];
}

/** What a page has of the memory that all pages share. */
export interface Held {
  /** How large it is. */
  heldBytes: number;
  /** Stop counting it. */
  leave(): void;
  /** Free what it says besides. Called once it is written, or not wanted. */
  release(): void;
}

/** Fetches and reads pages that share connections, cookies, pace and the rules of robots.txt. */
export interface PageRun {
  /**
   * @param order for the gate
   * @param admit asked before each address is requested, redirects included; the `ToolError` it throws is the page's error
   */
  read(url: string, order: number, admit?: (url: URL) => void): Promise<ReadPage>;
  /** Fetch something that is no page of the run but leads to some, obeying robots.txt as pages do, and use it. */
  fetch<Use>(url: string, maxBytes: number, use: (fetched: Fetched<WholeBody>) => Promise<Use>): Promise<Use>;
  robots: Robots;
  close(): Promise<void>;
}

/** Of the thread that fetches: 25 MB are in use. */
const keptMb = 48;
/** What a page leaves behind without its own bytes. */
const leastBytes = 20_000;
const tidyUp = openTidying(keptMb);

type Run = PageRunOptions & {
  held: RunMemory;
  fetcher: Fetcher;
  robots: Robots;
  rendering: Rendering;
  product: string;
};

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
  const held = openRunMemory(options.memory, signal);
  const run = { ...options, held, fetcher, robots, rendering, product };
  return {
    read: (url, order, admit = () => {}) => readHeld(run, { url, order, admit }),
    fetch: (url, maxBytes, use) => fetchHeld(run, url, { maxBytes, use }),
    robots,
    async close() {
      await Promise.all([fetcher.close(), rendering.close()]);
      held.leave();
    },
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

interface Wanted {
  url: string;
  order: number;
  admit: (url: URL) => void;
}

/** A page that failed, or has been, holds nothing. */
async function readHeld(run: Run, wanted: Wanted): Promise<ReadPage> {
  const holding = run.held.open(() => run.isFirst(wanted.order));
  try {
    const page = await readPage(run, wanted, holding);
    const values = [page.content, ...page.selected].filter((value) => value !== null);
    const heldBytes = values.reduce((sum, value) => sum + sizeOf(value), 0);
    holding.keep(heldBytes);
    const { leave } = holding;
    if (heldBytes === 0) leave();
    const release = () => {
      for (const value of values) releaseJson(value);
      leave();
    };
    tidyUp(leastBytes + (page.sizeBytes ?? 0));
    const fetchedAt = drawn(`time of ${wanted.url}`, () => page.fetchedAt);
    const elapsedMs = measured(`duration of ${wanted.url}`, () => page.elapsedMs);
    return { ...page, fetchedAt, elapsedMs, heldBytes, leave, release };
  } catch (thrown) {
    holding.leave();
    throw thrown;
  }
}

async function readPage(run: Run, wanted: Wanted, holding: Holding): Promise<Omit<ReadPage, keyof Held>> {
  const { settings } = run;
  const mayVisit = async (address: URL) => {
    wanted.admit(address);
    if (settings.respectRobots) await run.robots.check(address);
  };
  const reply = await replyTo({ ...run, limits: pageLimits }, { ...wanted, admit: mayVisit }, holding);
  const { finalUrl, status, fetchedAt, elapsedMs } = reply;
  const basics = { finalUrl, status, fetchedAt, elapsedMs };
  if (!reply.ok) return { ...basics, ...nothing(settings.select), error: reply.error };
  const bodyBytes = reply.body.held.sizeBytes;
  run.hold(bodyBytes);
  const body = await wholeBody(reply.body, holding, maxPageBytes);
  const page = await readBody(run, { ...reply, body, mayVisit });
  run.letGo(bodyBytes);
  if (page.read.ok) {
    const { ok: _ok, scripted: _scripted, ...read } = page.read;
    if (read.links !== null && isNofollow(reply.tags, run.product)) read.links = unfollowed(read.links);
    return { ...basics, finalUrl: page.finalUrl, elapsedMs: elapsedMs + page.elapsedMs, ...read, error: page.error };
  }
  const error = new ToolError(page.read.code, `${new URL(finalUrl).host}: ${page.read.message}`);
  return { ...basics, ...nothing(settings.select), error };
}

/** The bytes of a body, once there is room to read what they come to. */
async function wholeBody({ held, ...head }: PageBody, holding: Holding, maxBytes: number): Promise<WholeBody> {
  const { sizeBytes } = held;
  holding.received(sizeBytes);
  const end = held.part(sizeBytes - 4, sizeBytes);
  await holding.read(likelyFromEnd({ sizeBytes, end }, head.contentEncoding, maxBytes));
  const bytes = held.take();
  holding.dropBody();
  return { ...head, bytes };
}

interface FetchedPage {
  finalUrl: string;
  elapsedMs: number;
  body: WholeBody;
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
    shownChars: settings.shownChars,
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

/** What is read of a page that cannot be. */
export function nothing(select: PageSettings["select"]) {
  const selected = select.map(() => null);
  return { title: null, content: null, selected, sizeBytes: null, sha256: null, links: null };
}

/** A longer body is cut. */
async function fetchHeld<Use>(
  { fetcher, robots, settings, held }: Run,
  url: string,
  { maxBytes, use }: { maxBytes: number; use: (fetched: Fetched<WholeBody>) => Promise<Use> },
): Promise<Use> {
  const holding = held.open(() => false);
  const limits: PageLimits = { maxBytes, overflow: "cut", isWelcome: () => true };
  const pending = fetcher.get({
    url,
    order: beforeAllPages,
    ...patienceOf(settings),
    headersFor: () => pageHeaders("gzip, br, deflate, zstd"),
    receive(reply, untimed) {
      holding.dropBody();
      return receivePage(reply, limits, (bytes) => fileFor(bytes, untimed, holding));
    },
    admit: async (address) => (settings.respectRobots ? robots.check(address) : undefined),
  });
  try {
    const fetched = await pending;
    await currentTaping()?.inTurn(url);
    return await use(fetched.ok ? { ...fetched, body: await wholeBody(fetched.body, holding, maxBytes) } : fetched);
  } finally {
    holding.leave();
  }
}
