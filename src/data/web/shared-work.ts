/** Who waits for a piece of work that others may wait for too. */
export interface Waiter<Update> {
  signal: AbortSignal;
  onUpdate: (update: Update) => void;
}

/** Work that is done once for all who want it at the same time, and stopped when none of them does any more. */
export type Share<Value, Update> = (
  key: string,
  waiter: Waiter<Update>,
  work: (shared: Waiter<Update>) => Promise<Value>,
) => Promise<Value>;

interface Running<Value, Update> {
  done: Promise<Value>;
  stop: AbortController;
  waiters: Set<Waiter<Update>>;
}

/** @throws from each call: its signal's reason, once the work has ended where nobody else waits for it */
export function openShare<Value, Update>(): Share<Value, Update> {
  const all = new Map<string, Running<Value, Update>>();

  return async (key, waiter, work) => {
    const { signal } = waiter;
    signal.throwIfAborted();
    const running = all.get(key) ?? begin(work);
    all.set(key, running);
    running.waiters.add(waiter);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([running.done, aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
      running.waiters.delete(waiter);
      if (running.waiters.size === 0) {
        if (all.get(key) === running) all.delete(key);
        running.stop.abort(signal.reason);
        await running.done.catch(() => undefined); // each waiter was told
      }
    }
  };
}

function begin<Value, Update>(work: (shared: Waiter<Update>) => Promise<Value>): Running<Value, Update> {
  const stop = new AbortController();
  const waiters = new Set<Waiter<Update>>();
  const onUpdate = (update: Update) => waiters.forEach((waiter) => waiter.onUpdate(update));
  return { done: work({ signal: stop.signal, onUpdate }), stop, waiters };
}
