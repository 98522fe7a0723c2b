import { openKnown, openQueues, openSkips, type Known } from "./known.ts";
import type { Scope } from "./scope.ts";
import type { Chain, Trap, Traps } from "./traps.ts";

/** An address whose turn it is. */
export interface Visit {
  url: string;
  depth: number;
  /** Where its address was found: a page, or a sitemap. Null for where the crawl starts. */
  parent: string | null;
}

/** Addresses found in one place, normalised. */
export interface Found {
  urls: readonly string[];
  depth: number;
  parent: string | null;
  /** Those of sitemaps wait until the links of the same depth are read. */
  isSitemap: boolean;
}

/** Why addresses were not taken. */
export type Skip = Trap | "outside" | "excluded" | "file" | "deep" | "full" | "blocked" | "robots" | "copy";

/** What happened to the frontier, for whoever goes on with the crawl after its process was killed. */
export interface FrontierEvents {
  found: Found[];
  /** Addresses that need not be read any more, and have no row. */
  closed: string[];
}

/** What a crawl has yet to read, breadth first, and what it knows already; both are bounded. */
export interface Frontier {
  /** Take what is new and in scope. */
  offer(found: Found): void;
  /** Undefined where nothing waits, or what waits does so for the links of the pages where the crawl starts. */
  next(): Visit | undefined;
  /** A visit is over, whatever came of it. */
  ended(url: string): void;
  /**
   * Whether an address, to which a page that is being read leads, is another page, which is read or will be. Where it
   * is not, it belongs to this page from now on.
   */
  isOther(address: string, from: string): boolean;
  /** The page has its row. Gives the addresses that belong to it. */
  read(url: string, failed: boolean): string[];
  /** The page gets no row. */
  close(url: string): void;
  /** Nothing of this host is read from now on. */
  block(host: string): void;
  isBlocked(host: string): boolean;
  skip(kind: Skip, url: string): void;
  /** How many addresses wait. */
  waiting(): number;
  skipped(): ReadonlyMap<Skip, number>;
  /** What happened since the last call. */
  takeEvents(): FrontierEvents;
}

export interface FrontierOptions {
  scope: Scope;
  traps: Traps;
  maxDepth: number;
  maxPages: number;
}

export function openFrontier(options: FrontierOptions): Frontier {
  const known = openKnown(options.maxPages);
  const queues = openQueues();
  const skips = openSkips();
  const blocked = new Set<string>();
  const parts: Parts = { ...options, known, queues, skips, blocked, waiting: 0, starts: new Set() };
  let events: FrontierEvents = { found: [], closed: [] };
  return {
    offer(found) {
      const urls = found.urls.filter((url) => take(parts, url, found));
      if (urls.length > 0) events.found.push({ ...found, urls });
    },
    next() {
      const lastLevel = parts.starts.size > 0 ? levelOf({ depth: 1, isSitemap: false }) : Infinity;
      for (let visit = queues.shift(lastLevel); visit !== undefined; visit = queues.shift(lastLevel)) {
        const one = known.get(visit.url);
        if (one?.state !== "waiting") continue; // it belongs to another page meanwhile
        parts.waiting -= 1;
        one.state = "reading";
        return visit;
      }
      return undefined;
    },
    ended: (url) => void parts.starts.delete(url),
    isOther: (address, from) => isOther(parts, address, from),
    read(url, failed) {
      settle(parts, url, failed ? "failed" : "read");
      return known.takeClaims(url);
    },
    close(url) {
      settle(parts, url, "read");
      events.closed.push(url, ...known.takeClaims(url));
    },
    block: (host) => void blocked.add(host),
    isBlocked: (host) => blocked.has(host),
    skip: skips.add,
    waiting: () => parts.waiting,
    skipped: () => new Map([...skips.counts, ...known.countDeep()]),
    takeEvents() {
      const taken = events;
      events = { found: [], closed: [] };
      return taken;
    },
  };
}

interface Parts extends FrontierOptions {
  known: ReturnType<typeof openKnown>;
  queues: ReturnType<typeof openQueues>;
  skips: ReturnType<typeof openSkips>;
  /** Hosts. */
  blocked: Set<string>;
  waiting: number;
  /** Where the crawl starts, as far as that is not read yet. */
  starts: Set<string>;
}

/** Links come before sitemaps, which need not tell what matters. */
function levelOf({ depth, isSitemap }: Pick<Found, "depth" | "isSitemap">): number {
  return depth * 2 + (isSitemap ? 1 : 0);
}

/** Whether an address was taken that had not been. */
function take(parts: Parts, url: string, found: Found): boolean {
  const { depth, parent } = found;
  const { known, maxDepth } = parts;
  const before = known.get(url);
  if (before !== undefined && (before.state !== "deep" || depth > maxDepth)) return false;
  const isStart = parent === null;
  const objection = before ?? (isStart ? { chain: undefined } : objectionTo(parts, url, known.get(parent)));
  if (typeof objection === "string") {
    parts.skips.add(objection, url);
    return false;
  }
  const state = depth > maxDepth ? "deep" : "waiting";
  known.set(url, { state, chain: objection.chain, owner: undefined });
  if (state === "deep") return true;
  parts.queues.push(levelOf(found), { url, depth, parent });
  if (isStart) parts.starts.add(url);
  parts.waiting += 1;
  return true;
}

function objectionTo(
  { known, scope, blocked, traps }: Parts,
  url: string,
  parent: Known | undefined,
): Skip | { chain: Chain | undefined } {
  if (known.isFull()) return "full";
  const parsed = new URL(url);
  const objection = scope.objection(parsed);
  if (objection !== undefined) return objection;
  if (blocked.has(parsed.host)) return "blocked";
  return traps.check(parsed, scope.siteOf(parsed), parent?.chain);
}

function isOther(parts: Parts, address: string, from: string): boolean {
  const { known } = parts;
  const one = known.get(address);
  if (address === from || one?.owner === from) return false;
  const isTaken = one?.state === "read" || one?.state === "reading";
  if (isTaken && !known.leadsTo(address, from)) {
    known.lead(from, address);
    return true;
  }
  if (!isTaken && one?.state !== "failed") {
    settle(parts, address, "read", from);
    known.claim(address, from);
  }
  return false;
}

function settle(parts: Parts, url: string, state: "read" | "failed", owner?: string): void {
  const one = parts.known.get(url);
  if (one?.state === "waiting") parts.waiting -= 1;
  parts.known.set(url, { state, chain: one?.chain, owner });
  parts.starts.delete(url);
}
