import type { Engine } from "./engine.ts";

/** An engine opened by its first use; what fails to open is tried again by the next use. */
export function openLazyEngine(open: () => Promise<Engine>): Engine {
  let opening: Promise<Engine> | undefined;
  const opened = (): Promise<Engine> => {
    opening ??= open().catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    });
    return opening;
  };
  return {
    definitions: async () => (await opened()).definitions(),
    call: async (name, input, options) => (await opened()).call(name, input, options),
    close: async () => (await opening)?.close(),
  };
}
