import type { Engine } from "./engine.ts";
import { unknownTool } from "./local.ts";

/**
 * One engine out of several; of two tools of one name the first engine's is meant.
 *
 * @param isOffered whether a tool of that name may be used
 */
export function openJoinedEngine(engines: readonly Engine[], isOffered: (name: string) => boolean): Engine {
  const list = async () => {
    const found = new Map<string, { engine: Engine; definition: Awaited<ReturnType<Engine["definitions"]>>[number] }>();
    for (const [index, definitions] of (await Promise.all(engines.map((one) => one.definitions()))).entries()) {
      const engine = engines[index];
      if (engine === undefined) continue;
      for (const definition of definitions) {
        if (isOffered(definition.name) && !found.has(definition.name))
          found.set(definition.name, { engine, definition });
      }
    }
    return found;
  };
  return {
    definitions: async () => [...(await list()).values()].map(({ definition }) => definition),
    async call(name, input, options) {
      const found = await list();
      return found.get(name)?.engine.call(name, input, options) ?? unknownTool(name, [...found.keys()]);
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.close()));
    },
  };
}
