import { ProviderError } from "../../errors.ts";

const attempts = 4;
const firstDelayMs = 250;
/** A service that wants to be left alone for longer is not waited for. */
const longestWaitMs = 60_000;

/**
 * Run `attempt`, and again after a failure worth repeating, as long as it has yielded nothing: what was shown cannot
 * be taken back. `mayRepeat` is asked before each further attempt.
 *
 * @throws what the last attempt threw, or the signal's reason
 */
export async function* retrying<Event>(
  attempt: () => AsyncIterable<Event>,
  { signal, mayRepeat }: { signal: AbortSignal; mayRepeat: (failure: ProviderError) => boolean },
): AsyncGenerator<Event, void> {
  for (let tries = 1; ; tries++) {
    let begun = false;
    try {
      for await (const event of attempt()) {
        begun = true;
        yield event;
        signal.throwIfAborted();
      }
      return;
    } catch (thrown) {
      signal.throwIfAborted();
      const delayMs = begun || tries === attempts ? undefined : delayBefore(tries, thrown);
      if (delayMs === undefined || !(thrown instanceof ProviderError)) throw thrown;
      if (!mayRepeat(thrown)) throw thrown.spending(undefined); // what it spent is told
      await sleep(delayMs, signal);
    }
  }
}

/** Undefined where trying again is pointless. Doubles each time; a random half keeps clients from coming back together. */
function delayBefore(tries: number, thrown: unknown): number | undefined {
  if (!(thrown instanceof ProviderError) || !thrown.retryable) return undefined;
  if (thrown.retryAfterMs !== undefined) return thrown.retryAfterMs <= longestWaitMs ? thrown.retryAfterMs : undefined;
  return firstDelayMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}

async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const timer = setTimeout(wake, durationMs);
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", wake);
  signal.throwIfAborted();
}
