/** How fast one host may be asked, learnt from its answers and its robots.txt. Times are in ms of one clock. */
export interface HostPace {
  /** How long no request may start; 0 where only the number of those under way counts. */
  pauseMs(now: number): number;
  /** How much of that the host asked for because it is busy. */
  quietMs(now: number): number;
  /** How many requests may be under way, at least one. */
  limit(): number;
  /** It has refused so often in a row that there is no use in asking on. */
  isHopeless(): boolean;
  started(now: number): void;
  /** It answered without complaint. */
  relax(): void;
  /**
   * It wants fewer requests: nothing is asked for a while, and half as much at once then.
   *
   * @param afterMs how long it wants to be left alone; 0 where it does not say
   */
  slow(now: number, afterMs: number): void;
  /** Requests start at least so far apart from now on. */
  space(gapMs: number): void;
}

const firstPauseMs = 250;
const maxPauseMs = 30_000;
const maxRefusals = 7;

/** @param most how many requests may be under way while the host does not complain */
export function openHostPace(most: number): HostPace {
  let limit = most;
  let gapMs = 0;
  let lastStart = -Infinity;
  let quietUntil = -Infinity;
  /** Pauses since the last good answer. Replies to requests that were under way together are one refusal. */
  let refusals = 0;
  return {
    quietMs: (now) => Math.max(0, quietUntil - now),
    pauseMs: (now) => Math.max(0, quietUntil - now, lastStart + gapMs - now),
    limit: () => Math.floor(limit),
    isHopeless: () => refusals >= maxRefusals,
    started(now) {
      lastStart = now;
    },
    relax() {
      refusals = 0;
      limit = Math.min(most, limit + 1 / limit);
    },
    slow(now, afterMs) {
      const isNew = now >= quietUntil;
      if (isNew) {
        refusals += 1;
        limit = Math.max(1, limit / 2);
      }
      const guessedMs = Math.min(maxPauseMs, firstPauseMs * 2 ** (refusals - 1)) * (1 + Math.random() / 2);
      if (afterMs > 0 || isNew) quietUntil = Math.max(quietUntil, now + (afterMs > 0 ? afterMs : guessedMs));
    },
    space(ms) {
      gapMs = ms;
    },
  };
}
