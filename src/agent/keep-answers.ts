import type { Message } from "../message.ts";

/**
 * Stores messages in the order in which they come, one append at a time; what comes while one goes on is stored
 * together by the next. After a failure nothing more is stored, and whoever comes is told that failure.
 */
export function openKeeper(append: (messages: readonly Message[]) => Promise<void>) {
  let waiting: Message[] = [];
  let last = Promise.resolve();
  let next: Promise<void> | undefined;

  async function flush(): Promise<void> {
    next = undefined;
    const messages = waiting;
    waiting = [];
    await append(messages);
  }

  /** Resolves once the messages are stored. */
  return (messages: readonly Message[]): Promise<void> => {
    waiting.push(...messages);
    if (next === undefined) {
      next = last.then(flush);
      last = next;
    }
    return next;
  };
}
