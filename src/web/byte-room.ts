/** Bounds how many bytes are worked on at a time. Whoever needs more than there is room for is alone. */
export interface ByteRoom {
  /**
   * Wait for room, first come, first served. Call the result to give it back.
   *
   * @throws the signal's reason once it aborts
   */
  enter(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  bytes: number;
  enter: (leave: () => void) => void;
}

export function openByteRoom(maxBytes: number): ByteRoom {
  const waiting: Waiting[] = [];
  let taken = 0;

  function admit(): void {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const { bytes, enter } = next;
      if (taken > 0 && taken + bytes > maxBytes) return;
      waiting.shift();
      taken += bytes;
      enter(() => {
        taken -= bytes;
        admit();
      });
    }
  }

  return {
    enter(bytes, signal) {
      return new Promise((enter, reject) => {
        const abandon = () => {
          const index = waiting.indexOf(one);
          if (index >= 0) waiting.splice(index, 1);
          reject(signal.reason);
          admit();
        };
        const one: Waiting = {
          bytes,
          enter(leave) {
            signal.removeEventListener("abort", abandon);
            enter(leave);
          },
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", abandon, { once: true });
        waiting.push(one);
        admit();
      });
    },
  };
}
