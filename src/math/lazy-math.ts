import { once } from "../once.ts";
import type { StartableMath } from "./evaluate.ts";

/** What evaluates expressions, loaded by its first use. */
export function lazyMath(idleMs: number): StartableMath {
  const math = once(async () => (await import("./evaluate.ts")).openMathEngine(idleMs));
  let closed = false;
  return {
    evaluate: async (expression, signal) => (await math.get()).evaluate(expression, signal),
    prepare() {
      if (closed) return;
      // Where this fails the expression itself does, and says so.
      math.get().then(
        (opened) => opened.prepare(),
        () => undefined,
      );
    },
    async close() {
      closed = true;
      await (await math.opened())?.close();
    },
  };
}
