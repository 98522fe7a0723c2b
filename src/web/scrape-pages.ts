import { setMaxListeners } from "node:events";
import { pMapIterable } from "p-map";
import { ToolError } from "../errors.ts";
import { drawn } from "../taping.ts";
import { cutText } from "../text/text.ts";
import { nothing, openPageRun, type PageRunOptions, type ReadPage, type Surroundings } from "./page-run.ts";
import { openGate } from "./politeness.ts";
import type { ScrapedPage, ScrapeRequest } from "./scrape.ts";
import { isPageUrl, isWebUrl, maxUrlChars } from "./web-url.ts";

/** How many pages may be under way or wait for one before them, and how much of them may lie there before more are fetched. */
const maxAhead = 1_024;
const maxBytesAhead = 12_000_000;
/** Fetched pages that wait to be read: enough for the threads to have work, and few enough to be gone while they are young. */
const maxUnread = 64;

/** Fetch and read the pages of one request. See `Scraper.scrape`. */
export async function* scrapePages(request: ScrapeRequest, around: Surroundings): AsyncGenerator<ScrapedPage> {
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  setMaxListeners(0, signal);
  let next = 0;
  let bytesAhead = 0;
  const mayStart = (order: number) => order <= next || (bytesAhead < maxBytesAhead && bodies.count() < maxUnread);
  const isFirst = (order: number) => order <= next;
  const gate = openGate({ total: request.concurrency, perHost: request.perHost, signal, mayStart, isFirst });
  const hold = (bytes: number) => void (bytesAhead += bytes);
  const letGo = (bytes: number) => {
    bytesAhead -= bytes;
    gate.recheck();
  };
  const bodies = countHeld({ hold, letGo });
  const run = await openPageRun({
    ...around,
    settings: request,
    gate,
    signal,
    hold: bodies.hold,
    letGo: bodies.letGo,
    isFirst,
    follow: false,
    replies: undefined,
  });
  try {
    const readOne = async (url: string, order: number) =>
      isPageUrl(url) ? run.read(url, order) : noPage(url, request);
    const shared = shareRepeated(request.urls, readOne);
    const pages = pMapIterable(
      request.urls,
      async (url, order) => {
        const { links: _links, heldBytes, leave: _leave, release, ...found } = await shared.read(url, order);
        const page = { ...found, url };
        hold(heldBytes);
        request.onPage(page, order);
        return { page, heldBytes, release };
      },
      { concurrency: maxAhead, backpressure: maxAhead },
    );
    for await (const { page, heldBytes, release } of pages) {
      yield page;
      next += 1;
      if (shared.isLast(page.url)) release();
      letGo(heldBytes);
      around.memory.recheck();
    }
  } catch (thrown) {
    around.signal.throwIfAborted();
    throw thrown;
  } finally {
    stop.abort(new Error("the run is over"));
    await run.close();
  }
}

/** The same, and how much is held between the two. */
function countHeld({ hold, letGo }: Pick<PageRunOptions, "hold" | "letGo">) {
  let count = 0;
  return {
    count: () => count,
    hold(bytes: number): void {
      count += 1;
      hold(bytes);
    },
    letGo(bytes: number): void {
      count -= 1;
      letGo(bytes);
    },
  };
}

function noPage(url: string, { select }: ScrapeRequest): ReadPage {
  const problem = isWebUrl(url) ? `has more than ${maxUrlChars} characters` : "is no absolute http or https address";
  const message = `"${cutText(url, 100)}" ${problem}`;
  return {
    finalUrl: null,
    status: null,
    fetchedAt: drawn(`time of ${url}`, () => new Date().toISOString()),
    elapsedMs: 0,
    ...nothing(select),
    heldBytes: 0,
    leave() {},
    release() {},
    error: new ToolError("invalid_input", message),
  };
}

/** Addresses that differ in nothing that is sent are fetched once; their page is forgotten after its last use. */
function shareRepeated(urls: readonly string[], scrape: (url: string, order: number) => Promise<ReadPage>) {
  const uses = new Map<string, { toRead: number; toGive: number; page?: Promise<ReadPage> }>();
  for (const url of urls) {
    const count = (uses.get(requestKey(url))?.toRead ?? 0) + 1;
    uses.set(requestKey(url), { toRead: count, toGive: count });
  }
  return {
    read(url: string, order: number): Promise<ReadPage> {
      const own = uses.get(requestKey(url));
      const page = own?.page ?? scrape(url, order);
      if (own === undefined) return page;
      own.toRead -= 1;
      if (own.toRead > 0) own.page = page;
      else delete own.page;
      return page;
    },
    /** A page is given: whether this was the last time. */
    isLast(url: string): boolean {
      const own = uses.get(requestKey(url));
      if (own !== undefined) own.toGive -= 1;
      return own === undefined || own.toGive <= 0;
    },
  };
}

function requestKey(url: string): string {
  return URL.parse(url)?.href.replace(/#.*/, "") ?? url;
}
