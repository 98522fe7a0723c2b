import { setMaxListeners } from "node:events";
import { ToolError, type ErrorCode } from "../../errors.ts";
import { openPageRun, type PageRun, type ReadPage, type Surroundings } from "../page-run.ts";
import { openGate } from "../politeness.ts";
import { normaliseAddress } from "./address.ts";
import type { Crawl, CrawledPage, CrawlNote, CrawlRequest, CrawlState } from "./crawl.ts";
import { openFrontier, type Frontier, type Visit } from "./frontier.ts";
import { openScope, type Scope } from "./scope.ts";
import { readSitemaps } from "./sitemaps.ts";
import { openTraps } from "./traps.ts";

/** How much that has been fetched may lie in memory until it is taken. What is not taken is lost when we are killed. */
const maxBytesAhead = 64_000_000;
const maxPagesAhead = 16;
/** Pages that wait for their hosts do not hold up those of other hosts, as far as so many times as many may be at once. */
const aheadFactor = 4;
/** Failures that may pass are told at the end; so many of them are remembered. */
const maxPassing = 10_000;
/** The links of further copies of one page lead ever deeper into a trap. */
const maxCopies = 5;

type Page = Omit<CrawledPage, "note">;

/** What the parts of a crawl share. */
interface Course {
  request: CrawlRequest;
  around: Surroundings;
  scope: Scope;
  frontier: Frontier;
  copies: Map<string, number>;
  counts: {
    done: number;
    failed: number;
    repeated: number;
    excessLinks: number;
    /** Visits under way, and pages that are not taken yet. */
    open: number;
  };
  failuresByCode: Map<ErrorCode, number>;
  sitemapsRead: boolean;
  sitemapProblems: string[];
}

/** @throws ToolError `invalid_input` for a pattern or an address of no use */
export async function openCrawl(asked: CrawlRequest, around: Surroundings): Promise<Crawl> {
  const startUrls = [...new Set(asked.startUrls.flatMap((url) => normaliseAddress(url) ?? []))];
  const request = { ...asked, startUrls };
  const scope = await openScope(request);
  const frontier = openFrontier({ ...request, scope, traps: openTraps() });
  const course: Course = {
    request,
    around,
    scope,
    frontier,
    copies: new Map(),
    counts: { done: 0, failed: 0, repeated: 0, excessLinks: 0, open: 0 },
    failuresByCode: new Map(),
    sitemapsRead: !request.sitemap || request.maxDepth === 0,
    sitemapProblems: [],
  };
  for await (const note of request.earlier) replay(course, note);
  frontier.offer({ urls: startUrls, depth: 0, parent: null, isSitemap: false });
  return { pages: crawlPages(course), state: () => stateOf(course) };
}

function stateOf({ counts, frontier, failuresByCode, sitemapProblems }: Course): CrawlState {
  const { done, failed, repeated, excessLinks, open } = counts;
  const left = frontier.waiting() + open;
  return { done, failed, failuresByCode, left, skipped: frontier.skipped(), repeated, excessLinks, sitemapProblems };
}

/** Bring the crawl to where it was after a page. */
function replay(course: Course, note: CrawlNote): void {
  const { frontier } = course;
  for (const found of note.found) frontier.offer(found);
  for (const url of [...note.closed, ...note.aliases]) frontier.close(url);
  frontier.read(note.url, note.failure !== null);
  frontier.takeEvents();
  course.sitemapsRead ||= note.sitemapsRead;
  if (note.failure?.code === "blocked_address") frontier.block(new URL(note.url).host);
  count(course, note.failure?.code);
}

function count({ counts, failuresByCode }: Course, code: ErrorCode | undefined): void {
  counts.done += 1;
  if (code === undefined) return;
  counts.failed += 1;
  failuresByCode.set(code, (failuresByCode.get(code) ?? 0) + 1);
}

async function* crawlPages(course: Course): AsyncGenerator<CrawledPage> {
  const { request, around, frontier, counts } = course;
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  setMaxListeners(0, signal);
  const ready = openReady<Page>();
  let bytesAhead = 0;
  let pagesAhead = 0;
  const gate = openGate({
    total: request.concurrency,
    perHost: request.perHost,
    signal,
    mayStart: () => bytesAhead < maxBytesAhead && pagesAhead < maxPagesAhead,
  });
  const hold = (bytes: number, pages: 1 | -1) => {
    bytesAhead += bytes;
    pagesAhead += pages;
    if (pages < 0) gate.recheck();
  };
  const run = await openPageRun({ ...around, settings: request, gate, signal, hold, follow: true });
  const passing: Page[] = [];

  const visit = async (one: Visit) => {
    const page = await readVisit(course, run, one);
    frontier.ended(one.url);
    if (page === undefined) counts.open -= 1;
    else hold(page.sizeBytes ?? 0, 1);
    ready.push(page);
  };
  const start = () => {
    while (
      counts.open < aheadFactor * request.concurrency &&
      counts.done + counts.open + passing.length < request.maxPages
    ) {
      const next = frontier.next();
      if (next === undefined) return;
      counts.open += 1;
      visit(next).catch(ready.fail);
    }
  };
  const sitemaps = course.sitemapsRead ? undefined : searchSitemaps(course, run, signal);
  sitemaps?.then(() => ready.push(undefined), ready.fail);

  try {
    for (start(); counts.open > 0 || !course.sitemapsRead; start()) {
      if (counts.done + passing.length >= request.maxPages) break;
      const page = await ready.next();
      if (page === undefined) continue;
      counts.open -= 1;
      hold(-(page.sizeBytes ?? 0), -1);
      if (mayPass(page) && passing.length < maxPassing) passing.push(page);
      else yield finish(course, page);
    }
    for (let page = passing.shift(); page !== undefined; page = passing.shift()) yield finish(course, page);
  } catch (thrown) {
    around.signal.throwIfAborted();
    throw thrown;
  } finally {
    stop.abort(new Error("the crawl is over"));
    await run.close();
  }
}

/** Whether what failed may succeed later: a crawl that goes on tries it again. */
function mayPass({ error, status }: Page): boolean {
  if (error === undefined) return false;
  return ["timeout", "unavailable", "rate_limited"].includes(error.code) || (status !== null && status >= 500);
}

/** A page becomes a row: from now on it is never fetched again. */
function finish(course: Course, page: Page): CrawledPage {
  const { url, status, sizeBytes, sha256, error } = page;
  const aliases = course.frontier.read(url, error !== undefined);
  count(course, error?.code);
  const failure = error === undefined ? null : { code: error.code, message: error.message };
  const { sitemapsRead } = course;
  const note = { url, aliases, failure, status, sizeBytes, sha256, sitemapsRead, ...course.frontier.takeEvents() };
  return { ...page, note };
}

/** A page that is another one, which is a page of the crawl itself. */
class SamePage extends ToolError {}

/** Undefined for what gets no row. */
async function readVisit(course: Course, run: PageRun, { url, depth, parent }: Visit): Promise<Page | undefined> {
  const { frontier, counts } = course;
  const { host } = new URL(url);
  if (frontier.isBlocked(host)) return skipPage(course, "blocked", url);
  const { links, ...page } = await run.read(url, 0, (address) => admit(course, url, address));
  if (
    page.error instanceof SamePage ||
    (links !== null && isCopyOf(course, { url, page, canonical: links.canonical }))
  ) {
    counts.repeated += 1;
    if (links !== null) follow(course, { url, depth, links, sha256: page.sha256 });
    frontier.close(url);
    return undefined;
  }
  if (page.error?.code === "robots_denied" && parent !== null) return skipPage(course, "robots", url);
  if (page.error?.code === "blocked_address") {
    const { host: refused } = new URL(page.finalUrl ?? url);
    if (frontier.isBlocked(refused)) return skipPage(course, "blocked", url);
    frontier.block(refused);
  }
  if (links !== null) follow(course, { url, depth, links, sha256: page.sha256 });
  return { ...page, url, depth, parent };
}

function skipPage({ frontier }: Course, kind: "blocked" | "robots", url: string): undefined {
  frontier.skip(kind, url);
  frontier.close(url);
}

/** Asked before each address on the way to a page. */
function admit({ frontier, scope }: Course, url: string, address: URL): void {
  const normalised = normaliseAddress(address.href);
  if (normalised === undefined || normalised === url) return;
  if (!scope.isInSite(address)) {
    throw new ToolError(
      "not_allowed",
      `${new URL(url).host}: redirects to ${address.host}, which is another site; start there, or set same_site: false`,
    );
  }
  if (frontier.isOther(normalised, url)) throw new SamePage("conflict", "the page is there already");
}

/**
 * Whether a page says that its address is that of another one, which is read too. That a page deep in a site is its
 * front page, or where the crawl started, is the most common mistake with canonical addresses.
 */
function isCopyOf(
  { frontier, scope, request }: Course,
  { url, page, canonical }: { url: string; page: { error: unknown }; canonical: string | null },
): boolean {
  if (canonical === null || canonical === url || page.error !== undefined) return false;
  const address = new URL(canonical);
  if (address.pathname === "/" || request.startUrls.includes(canonical)) return false;
  return scope.isInSite(address) && scope.objection(address) === undefined && frontier.isOther(canonical, url);
}

interface Linked {
  url: string;
  depth: number;
  links: NonNullable<ReadPage["links"]>;
  sha256: string | null;
}

function follow({ frontier, request, copies, counts }: Course, { url, depth, links, sha256 }: Linked): void {
  const copy = (copies.get(sha256 ?? "") ?? 0) + 1;
  copies.set(sha256 ?? "", copy);
  if (copy > maxCopies) return frontier.skip("copy", url);
  counts.excessLinks += links.excess;
  const urls = request.respectRobots ? links.urls : [...links.urls, ...links.nofollow];
  frontier.offer({ urls, depth: depth + 1, parent: url, isSitemap: false });
}

async function searchSitemaps(course: Course, run: PageRun, signal: AbortSignal): Promise<void> {
  const { frontier, request } = course;
  const origins = request.startUrls.map((url) => new URL(url).origin);
  await readSitemaps(origins, {
    run,
    pages: course.around.pages,
    signal,
    isInSite: course.scope.isInSite,
    onPages: (urls, sitemap) => frontier.offer({ urls, depth: 1, parent: sitemap, isSitemap: true }),
    wantsMore: () => frontier.waiting() < 2 * request.maxPages,
    onProblem: (problem) => void course.sitemapProblems.push(problem),
  });
  course.sitemapsRead = true;
}

/** What is ready and not yet taken. A failure comes after it. */
function openReady<Item>() {
  const items: (Item | undefined)[] = [];
  let failure: { cause: unknown } | undefined;
  let wake = () => {};
  return {
    push(item: Item | undefined): void {
      items.push(item);
      wake();
    },
    fail(cause: unknown): void {
      failure ??= { cause };
      wake();
    },
    /** Undefined where something happened that is no item. */
    async next(): Promise<Item | undefined> {
      if (items.length > 0) return items.shift();
      if (failure !== undefined) throw failure.cause;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
      return items.shift();
    },
  };
}
