import { errorMessage } from "../errors.ts";
import type { ToolDefinition } from "../tools/tool.ts";
import type { Engine } from "./engine.ts";
import { unknownTool } from "./local.ts";

export interface RoutedEngineOptions {
  definitions: () => Promise<readonly ToolDefinition[]>;
  /** The tools that run here; all others run in `heavy`. */
  lightNames: ReadonlySet<string>;
  light: Engine;
  heavy: Engine;
}

/** One engine out of two: a light one in this process and a heavy one in a process of its own. */
export function openRoutedEngine({ definitions, lightNames, light, heavy }: RoutedEngineOptions): Engine {
  return {
    definitions,
    async call(name, input, options) {
      let names: string[];
      try {
        names = (await definitions()).map((definition) => definition.name);
      } catch (thrown) {
        return { ok: false, code: "unavailable", message: `the engine did not start: ${errorMessage(thrown)}` };
      }
      if (!names.includes(name)) return unknownTool(name, names);
      return (lightNames.has(name) ? light : heavy).call(name, input, options);
    },
    async close() {
      await Promise.all([light.close(), heavy.close()]);
    },
  };
}
