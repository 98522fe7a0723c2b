import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { ConfigError, errorMessage } from "../errors.ts";
import type { Tool } from "./tool.ts";

/** What a plugin may import without having it installed beside itself. */
const provided = new Map([
  [
    "axoner",
    import.meta.url.endsWith(".ts")
      ? new URL("../index.ts", import.meta.url).href
      : new URL("index.js", import.meta.url).href,
  ],
  ["zod", import.meta.resolve("zod")],
]);

/**
 * The tools that modules of the user's own export, singly or in lists. A plugin imports `axoner` and `zod` from its
 * own folder where they are installed, else from here.
 *
 * @throws ConfigError for a module that does not load or exports no tool
 */
export async function loadPlugins(files: readonly string[]): Promise<Tool[]> {
  if (files.length === 0) return [];
  registerHooks({
    resolve(specifier, context, next) {
      const ours = provided.get(specifier);
      if (ours === undefined) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return { url: ours, shortCircuit: true };
      }
    },
  });
  return (await Promise.all(files.map(loadPlugin))).flat();
}

async function loadPlugin(file: string): Promise<Tool[]> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (thrown) {
    throw new ConfigError(`the plugin ${file} cannot be loaded: ${errorMessage(thrown)}`, { cause: thrown });
  }
  const tools = [...new Set(Object.values(exported).flat())].filter(isTool);
  if (tools.length === 0) throw new ConfigError(`the plugin ${file} exports no tool; export what defineTool returns`);
  return tools;
}

function isTool(value: unknown): value is Tool {
  return typeof value === "object" && value !== null && "call" in value && "inputSchema" in value && "hints" in value;
}
