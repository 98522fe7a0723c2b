import { ProviderError } from "../../errors.ts";
import { followAbort } from "../../follow-abort.ts";

/** Limits the wait for a service that answers piece by piece. */
export interface Watchdog {
  /** Aborts with the caller's reason, or with a `ProviderError` once time is up. */
  readonly signal: AbortSignal;
  /** Wait for the next piece; only the time inside counts as silence of the service. */
  next<Piece>(piece: Promise<Piece>): Promise<Piece>;
  /** Free the timers, and let go of the caller's signal. */
  stop(): void;
}

export interface WatchdogOptions {
  /** Who is waited for, as the message names it. */
  name: string;
  signal: AbortSignal;
  /** The longest silence. */
  idleMs: number;
  /** The longest wait in all. */
  totalMs: number;
}

export function openWatchdog({ name, signal, idleMs, totalMs }: WatchdogOptions): Watchdog {
  const own = followAbort(signal);
  const expire = (text: string) => own.abort(new ProviderError(`${name} ${text}`, { retryable: true }));
  const total = setTimeout(expire, totalMs, `had not finished after ${totalMs / 1000} s; ask for less at once`);
  let idle: ReturnType<typeof setTimeout> | undefined;
  return {
    signal: own.signal,
    async next(piece) {
      idle = setTimeout(expire, idleMs, `sent nothing for ${idleMs / 1000} s; try again later`);
      try {
        return await piece;
      } finally {
        clearTimeout(idle);
      }
    },
    stop() {
      clearTimeout(idle);
      clearTimeout(total);
      own.release();
    },
  };
}
