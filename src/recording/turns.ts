/** Lets what goes on at once go on in the order in which it once did. */
export interface Turns {
  /** Resolves when it is its turn; at once for what has none. */
  take(what: string): Promise<void>;
}

interface Waiting {
  what: string;
  go: () => void;
}

/** What has its turn and does not come, because something is different this time, holds the others up for so long. */
const patienceMs = 3_000;

export function openTurns(order: readonly string[]): Turns {
  const left = [...order];
  const waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;

  const release = (at: number) => waiting.splice(at, 1)[0]?.go();
  const advance = () => {
    clearTimeout(timer);
    const next = waiting.findIndex(({ what }) => what === left[0]);
    if (next === -1) {
      if (waiting.length > 0) timer = setTimeout(skip, patienceMs);
      return;
    }
    left.shift();
    release(next);
    // one by one: what follows from the first comes before the second
    setImmediate(advance);
  };
  const skip = () => {
    const places = waiting.map(({ what }) => left.indexOf(what)).filter((place) => place !== -1);
    left.splice(0, Math.min(...places, left.length));
    const lost = waiting.findIndex(({ what }) => !left.includes(what));
    if (lost !== -1) release(lost);
    setImmediate(advance);
  };

  return {
    take(what) {
      if (!left.includes(what)) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ what, go: resolve });
      setImmediate(advance);
      return promise;
    },
  };
}
