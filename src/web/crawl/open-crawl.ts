import { setMaxListeners } from "node:events";
import { openPageRun, type PageRun, type Surroundings } from "../page-run.ts";
import { mayPass } from "../page-reply.ts";
import { openGate } from "../politeness.ts";
import { normaliseAddress } from "./address.ts";
import { finish, replay, stateOf, type Course, type VisitedPage } from "./course.ts";
import type { Crawl, CrawledPage, CrawlRequest } from "./crawl.ts";
import { openFrontier, type Visit } from "./frontier.ts";
import { openKeptReplies, type KeptReplies } from "./kept-replies.ts";
import { openScope } from "./scope.ts";
import { readSitemaps } from "./sitemaps.ts";
import { openTraps } from "./traps.ts";
import { readVisit } from "./visit.ts";

/** How much that has been fetched may lie in memory until it is taken. What is not taken is lost when we are killed. */
const maxBytesAhead = 12_000_000;
const maxPagesAhead = 16;
/** Pages that wait for their hosts do not hold up those of other hosts, as far as so many times as many may be at once. */
const aheadFactor = 4;
/** Failures that may pass are told at the end; so many of them are remembered. */
const maxPassing = 10_000;
/** @throws ToolError `invalid_input` for a pattern or an address of no use */
export async function openCrawl(asked: CrawlRequest, around: Surroundings): Promise<Crawl> {
  const startUrls = [...new Set(asked.startUrls.flatMap((url) => normaliseAddress(url) ?? []))];
  const request = { ...asked, startUrls };
  const scope = await openScope(request);
  const frontier = openFrontier({ ...request, scope, traps: openTraps(request.maxPages) });
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
    robotsRules: new Set(),
    closed: [],
  };
  for await (const note of request.earlier) replay(course, note);
  frontier.offer({ urls: startUrls, depth: 0, parent: null, isSitemap: false });
  return { pages: crawlPages(course), state: () => stateOf(course) };
}

async function* crawlPages(course: Course): AsyncGenerator<CrawledPage> {
  const { request, around, frontier, counts } = course;
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  setMaxListeners(0, signal);
  const ready = openReady<VisitedPage>();
  const ahead = openAhead(request, signal);
  const { hold, letGo } = ahead;
  const replies = await keptReplies(course);
  const run = await openPageRun({ ...around, ...ahead, settings: request, signal, follow: true, replies });
  const passing: VisitedPage[] = [];

  const visit = async (one: Visit) => {
    const page = await readVisit(course, run, one);
    frontier.ended(one.url);
    if (page === undefined) counts.open -= 1;
    else hold(page.heldBytes);
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
      if (page.heldBytes <= maxPassingBytes && mayPass(page) && passing.length < maxPassing) {
        page.leave();
        passing.push(page);
      } else {
        yield* written(course, page, replies);
        page.release();
      }
      letGo(page.heldBytes);
    }
    for (let page = passing.shift(); page !== undefined; page = passing.shift()) yield* written(course, page, replies);
    await replies?.close();
  } catch (thrown) {
    around.signal.throwIfAborted();
    throw thrown;
  } finally {
    stop.abort(new Error("the crawl is over"));
    await run.close();
  }
}

async function keptReplies({ around, request }: Course): Promise<KeptReplies | undefined> {
  const { cacheFolder } = around;
  return cacheFolder === undefined || request.id === undefined
    ? undefined
    : openKeptReplies(await cacheFolder(), request.id);
}

/** Give a page to whoever writes it. Its reply is not needed any more once he asks for the next one. */
async function* written(course: Course, page: VisitedPage, replies: KeptReplies | undefined) {
  const done = [page.url, ...course.closed.splice(0)];
  yield finish(course, page);
  await replies?.drop(done);
}

/** Lets pages in as long as not too much waits to be taken. */
function openAhead({ concurrency, perHost }: Course["request"], signal: AbortSignal) {
  let bytesAhead = 0;
  let pagesAhead = 0;
  // Pages are taken as they come: they wait for nothing but robots.txt and scripts.
  const isFirst = (order: number) => order < 0;
  const mayStart = () => bytesAhead < maxBytesAhead && pagesAhead < maxPagesAhead;
  const gate = openGate({ total: concurrency, perHost, signal, mayStart, isFirst });
  const hold = (bytes: number) => {
    bytesAhead += bytes;
    pagesAhead += 1;
  };
  const letGo = (bytes: number) => {
    bytesAhead -= bytes;
    pagesAhead -= 1;
    gate.recheck();
  };
  return { gate, hold, letGo, isFirst };
}

/** What a page may say, without its scripts, that is kept although it failed. */
const maxPassingBytes = 10_000;

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
