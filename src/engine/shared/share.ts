import { followAbort, type FollowedAbort } from "../../follow-abort.ts";
import type { Engine } from "../engine.ts";

/** One front's part in an engine: closing it stops what was called through it, and nothing else. */
export function openShare(engine: Engine): Engine {
  const running = new Map<Promise<unknown>, FollowedAbort>();
  let closed = false;
  return {
    definitions: () => engine.definitions(),
    async call(name, input, options) {
      const abort = followAbort(options.signal);
      if (closed) abort.abort();
      const call = engine.call(name, input, { ...options, signal: abort.signal });
      running.set(call, abort);
      try {
        return await call;
      } finally {
        running.delete(call);
        abort.release();
      }
    },
    async close() {
      closed = true;
      for (const abort of running.values()) abort.abort();
      await Promise.all(running.keys());
    },
  };
}
