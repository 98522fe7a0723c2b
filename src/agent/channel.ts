/** A queue between the calls that run at once and the generator that reports on them. */
export interface Channel<Item> extends AsyncIterable<Item> {
  push(item: Item): void;
  /** The readers get what is queued, then the end. */
  end(): void;
}

/** `replaces` says that a new item makes the last one that waits superfluous. */
export function openChannel<Item>(replaces: (last: Item, next: Item) => boolean): Channel<Item> {
  const queue: Item[] = [];
  let ended = false;
  let wake = () => {};
  return {
    push(item) {
      const last = queue.at(-1);
      if (last !== undefined && replaces(last, item)) queue.pop();
      queue.push(item);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (queue.length > 0) yield* queue.splice(0);
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
