/** Bounds how many requests are under way, in all and to one host. */
export interface Gate {
  /**
   * Wait for a place, then call the result to give it back.
   *
   * @param order tells `mayStart` which work this is for
   * @throws the signal's reason once it aborts
   */
  enter(host: string, order: number): Promise<() => void>;
  /** Look again whether someone may enter, after what `mayStart` depends on has changed. */
  recheck(): void;
}

export interface GateOptions {
  total: number;
  perHost: number;
  signal: AbortSignal;
  /** Holds work back for another reason, such as memory. */
  mayStart: (order: number) => boolean;
}

interface Waiting {
  host: string;
  order: number;
  enter: (leave: () => void) => void;
  refuse: (reason: unknown) => void;
}

/** First come, first served, except that who waits for a busy host does not hold up those behind. */
export function openGate({ total, perHost, signal, mayStart }: GateOptions): Gate {
  const inside = new Map<string, number>();
  let count = 0;
  let waiting: Waiting[] = [];

  signal.addEventListener("abort", () => {
    for (const { refuse } of waiting.splice(0)) refuse(signal.reason);
  });

  function recheck(): void {
    const stay: Waiting[] = [];
    for (const one of waiting) {
      const free = count < total && (inside.get(one.host) ?? 0) < perHost && mayStart(one.order);
      if (free) one.enter(admit(one.host));
      else stay.push(one);
    }
    waiting = stay;
  }

  function admit(host: string): () => void {
    count += 1;
    inside.set(host, (inside.get(host) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      count -= 1;
      const others = (inside.get(host) ?? 1) - 1;
      if (others === 0) inside.delete(host);
      else inside.set(host, others);
      recheck();
    };
  }

  return {
    recheck,
    async enter(host, order) {
      signal.throwIfAborted();
      return new Promise((enter, refuse) => {
        waiting.push({ host, order, enter, refuse });
        recheck();
      });
    },
  };
}
