import { ToolError } from "../errors.ts";
import { openHostPace, type HostPace } from "./host-pace.ts";

/** Bounds how many requests are under way, in all and to one host, and slows down for hosts that ask for it. */
export interface Gate {
  /**
   * Wait for a place. Whoever gets one leaves it.
   *
   * @throws ToolError `rate_limited` where the host wants to be left alone for longer than the visit would wait; the
   * signal's reason once it aborts
   */
  enter(visit: Visit): Promise<GatePlace>;
  /** Look again whether someone may enter, after what `mayStart` depends on has changed. */
  recheck(): void;
  /** How fast a host may be asked. What changes it must be followed by `recheck`. */
  pace(host: string): HostPace;
}

export interface GatePlace {
  /** The second time does nothing. */
  leave(): void;
  /** Whether it is held for nothing meanwhile: then `isFirst` may use it. */
  setIdle(isIdle: boolean): void;
}

export interface Visit {
  host: string;
  /** Which work this is for: the lowest is first, and `mayStart` is told. */
  order: number;
  /** How long a pause that the host asks for may be. Waiting for others to leave does not count. */
  patienceMs: number;
}

export interface GateOptions {
  total: number;
  perHost: number;
  signal: AbortSignal;
  /** Holds work back for another reason, such as memory: of an order and all that come after it. */
  mayStart: (order: number) => boolean;
  /** For whose work all places that are idle wait, in the end. Default: nobody's. */
  isFirst?: (order: number) => boolean;
}

interface Waiting extends Visit {
  enter: (place: GatePlace) => void;
  refuse: (reason: unknown) => void;
}

/**
 * Whoever works for the earliest page is first, whenever he came: where pages are held until those before them are
 * there, others would take the room. Who waits for a busy host does not hold up those behind.
 */
export function openGate({ total, perHost, signal, mayStart, isFirst = () => false }: GateOptions): Gate {
  const places = openPlaces();
  const paces = openPaces(perHost);
  const verdictOn = openVerdicts({ total, mayStart, isFirst, places, paces });
  const waiting: Waiting[] = [];
  let alarm: NodeJS.Timeout | undefined;

  signal.addEventListener("abort", () => {
    clearTimeout(alarm);
    for (const { refuse } of waiting.splice(0)) refuse(signal.reason);
  });

  function recheck(): void {
    const now = performance.now();
    const full = new Set<string>();
    let soonestMs = Infinity;
    let stay = 0;
    let at = 0;
    // a thousand may wait, and this is asked several times a page: most of them are not looked at
    for (; at < waiting.length && (places.taken() < total || places.idle() > 0 || paces.areTroubled()); at += 1) {
      const one = waiting[at];
      if (one === undefined || (!mayStart(one.order) && !paces.areTroubled())) break;
      const verdict = full.has(one.host) ? undefined : verdictOn(one, now, full);
      if (verdict instanceof ToolError) one.refuse(verdict);
      else if (verdict === 0) one.enter(admit(one.host, now));
      else {
        waiting[stay] = one;
        stay += 1;
        soonestMs = Math.min(soonestMs, verdict ?? Infinity);
      }
    }
    waiting.splice(stay, at - stay);
    clearTimeout(alarm);
    if (soonestMs < Infinity) alarm = setTimeout(recheck, Math.ceil(soonestMs));
  }

  function admit(host: string, now: number): GatePlace {
    paces.of(host).started(now);
    return places.take(host, recheck);
  }

  return {
    recheck,
    pace: paces.of,
    async enter(visit) {
      signal.throwIfAborted();
      return new Promise((enter, refuse) => {
        const before = waiting.findLastIndex(({ order }) => order <= visit.order);
        waiting.splice(before + 1, 0, { ...visit, enter, refuse });
        recheck();
      });
    },
  };
}

interface Inside extends Pick<Required<GateOptions>, "total" | "mayStart" | "isFirst"> {
  places: ReturnType<typeof openPlaces>;
  paces: ReturnType<typeof openPaces>;
}

/** Why one may never enter, or how long its host wants to be left alone where that is all it waits for: 0 lets it in. */
function openVerdicts({ total, mayStart, isFirst, places, paces }: Inside) {
  return (one: Waiting, now: number, full: Set<string>): ToolError | number | undefined => {
    const pace = paces.of(one.host);
    const refusal = refusalOf(one, pace, now);
    if (refusal !== undefined) return refusal;
    const usesIdle = places.idle() > 0 && isFirst(one.order);
    const [idle, idleOfHost] = usesIdle ? [places.idle(), places.idleOf(one.host)] : [0, 0];
    const hasPlace = places.takenOf(one.host) - idleOfHost < pace.limit();
    if (!hasPlace && places.idleOf(one.host) === 0 && pace.quietMs(now) === 0) full.add(one.host);
    const isFree = places.taken() - idle < total && hasPlace && mayStart(one.order);
    return isFree ? pace.pauseMs(now) : undefined;
  };
}

/** How many are under way, in all and to each host. */
function openPlaces() {
  const all = openCounts();
  const idle = openCounts();
  return {
    taken: all.total,
    takenOf: all.of,
    idle: idle.total,
    idleOf: idle.of,
    take(host: string, changed: () => void): GatePlace {
      let isIdle = false;
      let left = false;
      const setIdle = (to: boolean) => {
        if (to === isIdle || left) return;
        idle.add(host, to ? 1 : -1);
        isIdle = to;
        changed();
      };
      all.add(host, 1);
      return {
        setIdle,
        leave() {
          if (left) return;
          setIdle(false);
          left = true;
          all.add(host, -1);
          changed();
        },
      };
    },
  };
}

/** How many of something there are, in all and of each host. */
function openCounts() {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    total: () => total,
    of: (host: string) => counts.get(host) ?? 0,
    add(host: string, change: 1 | -1): void {
      total += change;
      const count = (counts.get(host) ?? 0) + change;
      if (count === 0) counts.delete(host);
      else counts.set(host, count);
    },
  };
}

function openPaces(perHost: number) {
  const paces = new Map<string, HostPace>();
  let troubled = false;
  return {
    of(host: string): HostPace {
      const known = paces.get(host);
      if (known !== undefined) return known;
      const own = openHostPace(perHost);
      const pace: HostPace = {
        ...own,
        slow(now, afterMs) {
          troubled = true;
          own.slow(now, afterMs);
        },
      };
      paces.set(host, pace);
      return pace;
    },
    /** Whether a host has asked for fewer requests: only then is anyone refused. */
    areTroubled: () => troubled,
  };
}

function refusalOf({ host, patienceMs }: Visit, pace: HostPace, now: number): ToolError | undefined {
  if (pace.isHopeless())
    return new ToolError(
      "rate_limited",
      `${host}: the server refused again and again; try later with a lower per_host`,
    );
  const quietMs = pace.quietMs(now);
  if (quietMs <= patienceMs) return undefined;
  const seconds = Math.ceil(quietMs / 1_000);
  return new ToolError("rate_limited", `${host}: the server wants to be left alone for ${seconds} s; try again then`);
}
