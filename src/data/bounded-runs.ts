import { ToolError } from "../errors.ts";
import { openSlots } from "./slots.ts";

export interface RunBounds {
  signal: AbortSignal;
  timeoutMs: number;
}

/** Runs statements, a fixed number at a time, each until it is done, aborted or out of time. */
export interface BoundedRuns {
  /** @throws ToolError `timeout`; the signal's reason once it aborts, and that of `close` */
  run<Result>(bounds: RunBounds, work: (stop: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Stop what runs and what waits. */
  close(reason: ToolError): void;
}

export function openBoundedRuns(count: number): BoundedRuns {
  const slots = openSlots(count);
  const closing = new AbortController();

  return {
    async run({ signal, timeoutMs }, work) {
      const stop = AbortSignal.any([signal, closing.signal, AbortSignal.timeout(timeoutMs)]);
      try {
        await slots.take(stop);
        try {
          return await work(stop);
        } finally {
          slots.free();
        }
      } catch (thrown) {
        signal.throwIfAborted();
        closing.signal.throwIfAborted();
        if (!stop.aborted) throw thrown;
        const advice = "filter earlier, or ask for less";
        throw new ToolError("timeout", `the statement took longer than ${timeoutMs / 1000} s; ${advice}`, {
          cause: thrown,
        });
      }
    },
    close: (reason) => closing.abort(reason),
  };
}
