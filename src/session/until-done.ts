import { setTimeout as delay } from "node:timers/promises";
import { AxonerError, errorMessage } from "../errors.ts";

export interface Patience {
  /** What is tried, as a sentence begins with it. */
  what: string;
  /** Whether a failure may pass by itself: the server restarts, the line was cut, another process has the lock. */
  isPassing(thrown: unknown): boolean;
  /** What is behind a failure, where it does not say so itself. */
  why?: (thrown: unknown) => string;
  /** Default half a minute: a server that is restarted is there again. */
  deadlineMs?: number;
}

/** For a server that was never reached: it is rather not there than about to come. */
export const firstContactMs = 5_000;

const firstPauseMs = 25;
const longestPauseMs = 1_000;

/**
 * Try until it works or the deadline has passed. What is tried more than once must be able to tell whether an earlier
 * attempt, of which no answer came, has done it.
 *
 * @param attempt told how often it was tried before
 * @throws AxonerError after the deadline; at once what does not pass
 */
export async function untilDone<Result>(
  attempt: (triedBefore: number) => Promise<Result>,
  { what, isPassing, why = errorMessage, deadlineMs = 30_000 }: Patience,
): Promise<Result> {
  const endsAt = performance.now() + deadlineMs;
  for (let tried = 0; ; tried++) {
    try {
      return await attempt(tried);
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** tried) * (0.5 + Math.random());
      if (performance.now() + pauseMs > endsAt) {
        throw new AxonerError(`${what} did not work for ${deadlineMs / 1_000} s: ${why(thrown)}`, { cause: thrown });
      }
      await delay(pauseMs);
    }
  }
}
