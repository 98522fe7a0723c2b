import type { Skip, Visit } from "./frontier.ts";
import type { Chain } from "./traps.ts";

/** `deep`: found beyond the last depth only. */
type State = "waiting" | "reading" | "read" | "failed" | "deep";

/** An address, and what became of it. */
export interface Known {
  state: State;
  chain: Chain | undefined;
  /** The page it turned out to belong to. */
  owner: string | undefined;
}

/** Of all addresses that are known, in characters. */
const maxKnownChars = 30_000_000;
/** Each skipped address is counted once, as far as so many of them can be told apart. */
const maxSkipsKnown = 50_000;
const maxSkipChars = 5_000_000;

/** Everything that a crawl has seen and may read, with what became of it. */
export function openKnown(maxPages: number) {
  const maxKnown = 10_000 + 4 * maxPages;
  const known = new Map<string, Known>();
  const ways = new Map<string, string>();
  const claims = new Map<string, string[]>();
  let chars = 0;
  return {
    get: (url: string) => known.get(url),
    set(url: string, value: Known): void {
      if (!known.has(url)) chars += url.length;
      known.set(url, value);
    },
    isFull: () => known.size >= maxKnown || chars >= maxKnownChars,
    claim(address: string, owner: string): void {
      claims.set(owner, [...(claims.get(owner) ?? []), address]);
    },
    takeClaims(owner: string): string[] {
      const own = claims.get(owner) ?? [];
      claims.delete(owner);
      return own;
    },
    /** A page has given way to another one. */
    lead: (from: string, to: string) => void ways.set(from, to),
    /** Two pages that lead to each other must not both give way. */
    leadsTo(address: string, own: string): boolean {
      let at: string | undefined = address;
      for (let steps = 0; at !== undefined && steps < 20; steps += 1) {
        if (at === own) return true;
        at = ways.get(at);
      }
      return false;
    },
    countDeep(): [Skip, number][] {
      let deep = 0;
      for (const { state } of known.values()) if (state === "deep") deep += 1;
      return deep === 0 ? [] : [["deep", deep]];
    },
  };
}

export function openSkips() {
  const counts = new Map<Skip, number>();
  const urls = new Set<string>();
  let chars = 0;
  return {
    counts,
    add(kind: Skip, url: string): void {
      if (urls.has(url)) return;
      if (urls.size < maxSkipsKnown && chars < maxSkipChars) {
        urls.add(url);
        chars += url.length;
      }
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    },
  };
}

/** One queue a level, the lowest first; first in, first out. What has been taken out is freed from time to time. */
export function openQueues() {
  const levels: { visits: Visit[]; taken: number }[] = [];
  return {
    push(level: number, visit: Visit): void {
      while (levels.length <= level) levels.push({ visits: [], taken: 0 });
      levels[level]?.visits.push(visit);
    },
    shift(lastLevel: number): Visit | undefined {
      const queue = levels.find(({ visits, taken }, level) => level <= lastLevel && taken < visits.length);
      const visit = queue?.visits[queue.taken];
      if (queue === undefined || visit === undefined) return undefined;
      queue.taken += 1;
      if (queue.taken > 1_000 && queue.taken * 2 > queue.visits.length) {
        queue.visits = queue.visits.slice(queue.taken);
        queue.taken = 0;
      }
      return visit;
    },
  };
}
