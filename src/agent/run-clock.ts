import { followAbort } from "../follow-abort.ts";
import { startTimer } from "./timer.ts";

/** What ends a run before its time: whoever cancels it, or its limit of time. */
export interface RunClock {
  readonly signal: AbortSignal;
  /** Which of them it was. */
  reason(): "cancelled" | "max_time";
  /** To be called once, at the end of the run. */
  stop(): void;
}

export function startClock(signal: AbortSignal = new AbortController().signal, maxTimeMs = Infinity): RunClock {
  const own = followAbort(signal);
  const stopTimer = startTimer(() => own.abort(), maxTimeMs);
  return {
    signal: own.signal,
    reason: () => (signal.aborted ? "cancelled" : "max_time"),
    stop() {
      stopTimer();
      own.release();
    },
  };
}
