import { ToolError } from "../errors.ts";
import type { KeptReplies, KeptReply } from "./crawl/kept-replies.ts";
import type { BodyFile } from "./body-file.ts";
import type { Untimed } from "./exchange.ts";
import type { Fetcher } from "./fetch.ts";
import { conditionsOf, receiveAnew } from "./kept-page.ts";
import { patienceOf } from "./page-bounds.ts";
import { pageHeaders, type PageBody, type PageLimits } from "./page-body.ts";
import type { KeptPage, PageCache } from "./page-cache.ts";
import type { Holding } from "./page-memory.ts";
import type { Robots } from "./robots.ts";
import type { PageSettings } from "./scrape.ts";

/** What a page was answered with. */
export type PageReply = ReplyHead & ({ ok: true; status: number; body: PageBody } | { ok: false; error: ToolError });

interface ReplyHead {
  finalUrl: string;
  status: number | null;
  fetchedAt: string;
  elapsedMs: number;
  /** What `X-Robots-Tag` said. */
  tags: string[];
}

export interface ReplyOptions {
  settings: PageSettings;
  fetcher: Fetcher;
  robots: Robots;
  cache: PageCache | undefined;
  replies: KeptReplies | undefined;
  limits: PageLimits;
}

export interface WantedReply {
  url: string;
  order: number;
  /** Asked before each address is requested. */
  admit: (url: URL) => Promise<void>;
}

/** The reply that an earlier run of a crawl has left, or else the one to a request. */
export async function replyTo(options: ReplyOptions, wanted: WantedReply, holding: Holding): Promise<PageReply> {
  const kept = options.replies?.find(wanted.url);
  if (kept === undefined) return request(options, wanted, holding);
  const { body, error, ...head } = kept;
  if (body !== null) holding.adopt(body.held);
  try {
    await wanted.admit(new URL(kept.finalUrl));
  } catch (thrown) {
    if (thrown instanceof ToolError) return { ...head, ok: false, error: thrown };
    throw thrown;
  }
  if (body !== null) return { ...head, ok: true, body };
  return { ...head, ok: false, error: error ?? new ToolError("unreadable", "the reply was not kept") };
}

async function request(
  { settings, fetcher, cache, replies, limits }: ReplyOptions,
  { url, order, admit }: WantedReply,
  holding: Holding,
): Promise<PageReply> {
  const startedAt = Date.now();
  let known: KeptPage | undefined;
  let tags: string[] = [];
  const keep = (finalUrl: string, status: number, what: Pick<KeptReply, "body" | "error">) =>
    replies?.keep(url, {
      finalUrl,
      status: statusOf(status),
      fetchedAt: new Date().toISOString(),
      elapsedMs: Date.now() - startedAt,
      tags,
      contentType: what.body?.contentType ?? "",
      contentEncoding: what.body?.contentEncoding ?? "",
      ...what,
    });
  const fetched = await fetcher.get({
    url,
    order,
    ...patienceOf(settings),
    headersFor: () => ({ ...pageHeaders("gzip, br, deflate, zstd"), ...conditionsOf(known) }),
    receive(reply, untimed) {
      tags = reply.headers("x-robots-tag");
      holding.dropBody();
      return receiveAnew(reply, {
        known,
        cache,
        limits,
        fileFor: (bytes) => fileFor(bytes, untimed, holding),
        onBody: (body) => keep(reply.url.href, reply.status, { body, error: undefined }),
      });
    },
    async admit(address) {
      await admit(address);
      known = await cache?.find(address);
    },
  });
  const { finalUrl, elapsedMs, status } = fetched;
  const head = { finalUrl, elapsedMs, tags, fetchedAt: new Date().toISOString() };
  if (fetched.ok) return { ...head, ok: true, status: statusOf(fetched.status), body: fetched.body };
  if (status !== null && !mayPass(fetched)) keep(finalUrl, status, { body: null, error: fetched.error });
  return { ...head, ok: false, status, error: fetched.error };
}

/** To wait for room takes nothing from a page's time. */
export async function fileFor(bytes: number, untimed: Untimed, holding: Holding): Promise<BodyFile> {
  await untimed(() => holding.receive(bytes));
  return holding.file();
}

/** What was kept is the page, as it was answered then. */
function statusOf(status: number): number {
  return status === 304 ? 200 : status;
}

/** Whether what failed may succeed later. */
export function mayPass({ error, status }: { error: ToolError | undefined; status: number | null }): boolean {
  if (error === undefined) return false;
  return ["timeout", "unavailable", "rate_limited"].includes(error.code) || (status !== null && status >= 500);
}
