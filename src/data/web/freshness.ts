import type { DownloadHeaders } from "../../download.ts";

/** The headers of a reply that say how long it may be kept; empty where one is missing. */
type FreshnessHeaders = Pick<DownloadHeaders, "cache-control" | "expires" | "age" | "date" | "vary">;

/** What may be done with a file that was fetched. https://www.rfc-editor.org/rfc/rfc9111 */
export interface Freshness {
  /** Whether it may be kept after the call that it was fetched for. */
  isKept: boolean;
  /** Until when it stands without asking again, in milliseconds since 1970; 0 where it is asked for each time. */
  freshUntil: number;
}

/** Only what the server says counts: a file that it says nothing of is asked for each time. */
export function freshnessOf(headers: FreshnessHeaders, receivedAt: number): Freshness {
  const directives = parseDirectives(headers["cache-control"]);
  if (directives.has("no-store")) return { isKept: false, freshUntil: 0 };
  const isAskedFor = directives.has("no-cache") || headers.vary.split(",").some((name) => name.trim() === "*");
  if (isAskedFor) return { isKept: true, freshUntil: 0 };
  const lifetimeMs = directives.has("max-age") ? seconds(directives.get("max-age")) : untilExpiry(headers, receivedAt);
  const freshMs = lifetimeMs - seconds(headers.age);
  return { isKept: true, freshUntil: freshMs > 0 ? receivedAt + freshMs : 0 };
}

/** A date is too coarse to tell two versions of the same second apart: it is one only of a file older than that. */
export function isTellingDate(lastModified: string, date: string, receivedAt: number): boolean {
  const modifiedAt = Date.parse(lastModified);
  const servedAt = Number.isNaN(Date.parse(date)) ? receivedAt : Date.parse(date);
  return servedAt - modifiedAt >= 2_000;
}

function parseDirectives(cacheControl: string): Map<string, string> {
  const directives = new Map<string, string>();
  for (const [, name = "", quoted, plain] of cacheControl.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g)) {
    // Of a directive that is there twice, the first counts.
    if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), quoted ?? plain ?? "");
  }
  return directives;
}

/** What is no number of seconds is 0: the file is asked for. */
function seconds(text: string | undefined): number {
  return /^\d{1,10}$/.test(text ?? "") ? Number(text) * 1_000 : 0;
}

function untilExpiry({ expires, date }: FreshnessHeaders, receivedAt: number): number {
  const servedAt = Number.isNaN(Date.parse(date)) ? receivedAt : Date.parse(date);
  const lifetimeMs = Date.parse(expires) - servedAt;
  return Number.isNaN(lifetimeMs) ? 0 : Math.max(0, lifetimeMs);
}
