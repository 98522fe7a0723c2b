import { decodeJson } from "../text/json-bytes.ts";
import type { Fetcher } from "./fetch.ts";
import { pageHeaders, receiveWhole, type PageLimits } from "./page-body.ts";
import { beforeAllPages, maxPageBytes, patienceOf } from "./page-bounds.ts";
import type { Pages } from "./pages.ts";
import type { RobotsReply } from "./robots.ts";
import type { PageSettings } from "./scrape.ts";

interface RobotsWay {
  settings: PageSettings;
  pages: Pages;
  signal: AbortSignal;
}

const robotsTimeoutMs = 10_000;
const robotsLimits: PageLimits = { maxBytes: 500 * 1_024, overflow: "cut", isWelcome: () => true };

/** A robots.txt goes the way of the pages, but every page of its origin waits for it. */
export async function fetchRobots(
  { settings, pages, signal }: RobotsWay,
  fetcher: Fetcher,
  url: URL,
): Promise<RobotsReply> {
  const fetched = await fetcher.get({
    url: url.href,
    order: beforeAllPages,
    ...patienceOf({ ...settings, timeoutMs: Math.min(settings.timeoutMs, robotsTimeoutMs) }),
    headersFor: () => pageHeaders("identity"),
    receive: (reply) => receiveWhole(reply, robotsLimits),
    admit: async () => {},
  });
  if (!fetched.ok)
    return { ok: false, status: fetched.status, code: fetched.error.code, message: fetched.error.message };
  const { contentEncoding, bytes } = fetched.body;
  const contentType = "text/plain; charset=utf-8";
  const task = { address: fetched.finalUrl, contentType, contentEncoding, maxBytes: maxPageBytes, bytes };
  const page = await pages.read({ ...task, extract: "text", select: [], shownChars: 0, follow: false }, signal);
  if (!page.ok) return { ok: false, status: null, code: page.code, message: page.message };
  const text = decodeJson(page.content);
  return { ok: true, text: typeof text === "string" ? text : "" };
}
