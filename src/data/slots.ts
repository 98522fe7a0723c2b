/** Lets a fixed number through at a time; the others wait in the order they came. */
export interface Slots {
  /** Wait for a slot. @throws the signal's reason once it aborts */
  take(signal: AbortSignal): Promise<void>;
  free(): void;
}

export function openSlots(count: number): Slots {
  const queue: (() => void)[] = [];
  let taken = 0;
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (taken < count) {
        taken += 1;
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const enter = () => {
        signal.removeEventListener("abort", abandon);
        resolve();
      };
      const abandon = () => {
        queue.splice(queue.indexOf(enter), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abandon, { once: true });
      queue.push(enter);
      await promise;
    },
    free() {
      const next = queue.shift();
      if (next === undefined) taken -= 1;
      else next();
    },
  };
}
