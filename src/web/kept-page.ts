import type { OpenReply } from "./exchange.ts";
import type { BodyFile } from "./body-file.ts";
import { receivePage, type PageBody, type PageLimits } from "./page-body.ts";
import type { KeptPage, PageCache } from "./page-cache.ts";

/** What to send so that a page that was kept need not be sent again. */
export function conditionsOf(known: KeptPage | undefined): Record<string, string> {
  if (known === undefined) return {};
  return known.etag === "" ? { "if-modified-since": known.lastModified } : { "if-none-match": known.etag };
}

interface Receiving {
  limits: PageLimits;
  known: KeptPage | undefined;
  cache: PageCache | undefined;
  fileFor: (bytes: number) => Promise<BodyFile>;
  /** Called as soon as there is one. */
  onBody: (body: PageBody) => void;
}

/** The page that was kept, where it still stands; else the one that was sent, which is kept where it may be. */
export async function receiveAnew(
  reply: OpenReply,
  { known, cache, limits, fileFor, onBody }: Receiving,
): Promise<PageBody> {
  if (reply.status === 304 && known !== undefined) {
    await reply.body.dump();
    onBody(known.body);
    return known.body;
  }
  const body = await receivePage(reply, limits, fileFor);
  onBody(body);
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
