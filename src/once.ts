/** Something opened by its first use and kept. */
export interface Once<Value> {
  get(): Promise<Value>;
  /** What was opened, without opening it; undefined where that never happened or failed. */
  opened(): Promise<Value | undefined>;
}

/** Open on first use, for everyone who asks meanwhile too. A failure is told to those, and the next use tries again. */
export function once<Value>(open: () => Promise<Value>): Once<Value> {
  let opening: Promise<Value> | undefined;
  return {
    get() {
      opening ??= open().catch((thrown: unknown) => {
        opening = undefined;
        throw thrown;
      });
      return opening;
    },
    async opened() {
      try {
        return await opening;
      } catch {
        return undefined; // whoever asked for it was told
      }
    },
  };
}
