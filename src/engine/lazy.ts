import { once } from "../once.ts";
import type { Engine } from "./engine.ts";

/** An engine opened by its first use; what fails to open is tried again by the next use. */
export function openLazyEngine(open: () => Promise<Engine>): Engine {
  const engine = once(open);
  return {
    definitions: async () => (await engine.get()).definitions(),
    call: async (name, input, options) => (await engine.get()).call(name, input, options),
    close: async () => (await engine.opened())?.close(),
  };
}
