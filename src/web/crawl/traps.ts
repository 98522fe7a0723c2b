import { maxAddressChars } from "./address.ts";

/** Patterns of addresses that need not end. Each is bounded by how many addresses of it a crawl takes. */
export type Trap = "long" | "repeats" | "queries" | "dates" | "sessions" | "chain" | "hosts";

/** Counts what it lets through; the limits are per crawl. */
export interface Traps {
  /**
   * Which limit keeps an address out; undefined for one that is let through, and counted.
   *
   * @param parent the shape of the page it was found on, and how long its chain is
   */
  check(url: URL, site: string, parent: Chain | undefined): Trap | { chain: Chain };
}

/** How many pages in a row led to the next of the same shape: "next month", for ever. */
export interface Chain {
  shape: string;
  length: number;
}

const maxSegments = 24;
/** Of one and the same segment: `/a/b/a/b/a/b/a/b`. */
const maxRepeats = 3;
const maxChain = 100;
const maxHostsOfSite = 100;
/** Of one host, as a share of the pages that are wanted: a calendar and a counter of visits have no end. */
const endlessShare = 0.1;
const minEndless = 20;
const maxDates = 400;
const maxSessions = 500;
/** Of one path, by how many parameters the query has: a shop has 10,000 products, and combines three filters at will. */
const maxQueries = [0, 10_000, 2_000, 200];

/** @param maxPages that the crawl may read */
export function openTraps(maxPages: number): Traps {
  const maxEndless = Math.min(maxDates, Math.max(minEndless, Math.ceil(endlessShare * maxPages)));
  const counts = new Map<string, number>();
  const hosts = new Map<string, Set<string>>();

  /** Whether one more of a pattern is too many; it is counted only where it is not. */
  const exceeds = (pattern: string, limit: number) => (counts.get(pattern) ?? 0) >= limit;
  const count = (pattern: string) => void counts.set(pattern, (counts.get(pattern) ?? 0) + 1);

  return {
    check(url, site, parent) {
      if (url.href.length > maxAddressChars) return "long";
      if (repeats(url.pathname)) return "repeats";
      const shape = shapeOf(url);
      const length = parent?.shape === shape ? parent.length + 1 : 0;
      if (length > maxChain) return "chain";
      const known = hosts.get(site) ?? new Set();
      if (!known.has(url.host) && known.size >= maxHostsOfSite) return "hosts";

      const path = `${url.host}${url.pathname}`;
      const parameters = parameterCount(url.search);
      const bounds: { trap: Trap; pattern: string; limit: number }[] = [];
      if (parameters > 0) {
        const few = Math.min(parameters, maxQueries.length - 1);
        bounds.push({ trap: "queries", pattern: `${path}?${few}`, limit: maxQueries[few] ?? 0 });
      }
      if (isDated(url)) bounds.push({ trap: "dates", pattern: `${url.host} dated`, limit: maxEndless });
      if (hasSession(url)) bounds.push({ trap: "sessions", pattern: `${url.host} session`, limit: maxEndless });
      if (shape.includes("/*/")) bounds.push({ trap: "sessions", pattern: shape, limit: maxSessions });
      const reached = bounds.find(({ pattern, limit }) => exceeds(pattern, limit));
      if (reached !== undefined) return reached.trap;
      for (const { pattern } of bounds) count(pattern);
      hosts.set(site, known.add(url.host));
      return { chain: { shape, length } };
    },
  };
}

function repeats(path: string): boolean {
  const segments = path.split("/").filter((segment) => segment !== "");
  if (segments.length > maxSegments) return true;
  const seen = new Map<string, number>();
  return segments.some((segment) => {
    const times = (seen.get(segment) ?? 0) + 1;
    seen.set(segment, times);
    return times > maxRepeats;
  });
}

/** What addresses made by one template have in common: numbers are `#`, tokens that nobody can read are `*`. */
function shapeOf(url: URL): string {
  const path = url.pathname
    .split("/")
    .map((segment) => (isToken(segment) ? "*" : segment.replace(/\d+/g, "#")))
    .join("/");
  const names = url.search
    .slice(1)
    .split("&")
    .map((parameter) => parameter.split("=", 1)[0] ?? "");
  return `${url.host}${path}?${names.toSorted().join("&")}`;
}

function isToken(segment: string): boolean {
  const inner = /^\(S\((.*)\)\)$/.exec(segment)?.[1] ?? segment;
  return /^[0-9a-z]{16,}$/i.test(inner) && /\d/.test(inner) && /[a-z]/i.test(inner);
}

function parameterCount(search: string): number {
  return search.length < 2 ? 0 : search.split("&").length;
}

/** A page of a calendar: its address ends in a day or a month, or has one in its query. */
function isDated({ pathname, search }: URL): boolean {
  const date =
    /[/=](?:(?:1[89]|2[0-2])\d\d[-/](?:0?[1-9]|1[0-2])(?:[-/]\d{1,2})?|(?:19|20|21)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:\/?$|&)/;
  return date.test(pathname) || date.test(search) || /[?&](?:year|month)=\d+(?:&|$)/i.test(search);
}

/** A number or a token that changes with each visit, by the name of its parameter. */
function hasSession({ search }: URL): boolean {
  return search
    .slice(1)
    .split("&")
    .some((parameter) => {
      const [name = "", value = ""] = parameter.split("=", 2);
      return sessionNames.test(name) && /^(?=.*\d)[0-9a-z_-]{8,}$/i.test(value);
    });
}

const sessionNames =
  /^(?:s|[a-z]*sid|sess|sessionid|session|token|nonce|ts|time|timestamp|_t?|rnd|rand|random|cb|nocache)$/i;
