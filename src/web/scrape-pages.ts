import { setMaxListeners } from "node:events";
import { pMapIterable } from "p-map";
import { ToolError } from "../errors.ts";
import { cutText } from "../text.ts";
import { nothing, openPageRun, type ReadPage, type Surroundings } from "./page-run.ts";
import { openGate } from "./politeness.ts";
import type { ScrapedPage, ScrapeRequest } from "./scrape.ts";
import { isWebUrl } from "./web-url.ts";

/** How many pages may be under way or wait for one before them, and how much of them may lie in memory meanwhile. */
const maxAhead = 1_024;
const maxBytesAhead = 24_000_000;

/** Fetch and read the pages of one request. See `Scraper.scrape`. */
export async function* scrapePages(request: ScrapeRequest, around: Surroundings): AsyncGenerator<ScrapedPage> {
  const stop = new AbortController();
  const signal = AbortSignal.any([around.signal, stop.signal]);
  setMaxListeners(0, signal);
  let next = 0;
  let bytesAhead = 0;
  const mayStart = (order: number) => order <= next || bytesAhead < maxBytesAhead;
  const gate = openGate({ total: request.concurrency, perHost: request.perHost, signal, mayStart });
  const hold = (bytes: number) => {
    bytesAhead += bytes;
    if (bytes < 0) gate.recheck();
  };
  const run = await openPageRun({ ...around, settings: request, gate, signal, hold, follow: false });
  try {
    const readOne = async (url: string, order: number) => (isWebUrl(url) ? run.read(url, order) : noPage(url, request));
    const scrapeOne = shareRepeated(request.urls, readOne);
    const pages = pMapIterable(
      request.urls,
      async (url, order) => {
        const { links: _links, ...found } = await scrapeOne(url, order);
        const page = { ...found, url };
        hold(page.sizeBytes ?? 0);
        request.onPage(page, order);
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
    await run.close();
  }
}

function noPage(url: string, { select }: ScrapeRequest): ReadPage {
  const message = `"${cutText(url, 100)}" is no absolute http or https address`;
  return {
    finalUrl: null,
    status: null,
    fetchedAt: new Date().toISOString(),
    elapsedMs: 0,
    ...nothing(select),
    error: new ToolError("invalid_input", message),
  };
}

/** Addresses that differ in nothing that is sent are fetched once; their page is forgotten after its last use. */
function shareRepeated(
  urls: readonly string[],
  scrape: (url: string, order: number) => Promise<ReadPage>,
): (url: string, order: number) => Promise<ReadPage> {
  const uses = new Map<string, number>();
  const shared = new Map<string, Promise<ReadPage>>();
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
