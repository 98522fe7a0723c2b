import builtIn from "../mcp/definitions.generated.json" with { type: "json" };
import { lazyTool, type ToolLoader } from "./lazy-tool.ts";
import { toolLoaders } from "./loaders.ts";
import type { Tool } from "./tool.ts";

const loaders: Readonly<Record<string, ToolLoader>> = toolLoaders;

/** What a tool's first step is to start, which takes longer than to load what uses it. */
export function startedFor(name: string): ("sql" | "pages")[] {
  const needs = Object.hasOwn(loaders, name) ? loaders[name]?.needs : undefined;
  return needs === undefined ? [] : [needs];
}

/** The tools that come with axoner, in the order clients list them, each loaded by its first call. */
export const tools: readonly Tool[] = builtIn.map((definition) => {
  const loader = loaders[definition.name];
  if (loader === undefined) throw new Error(`${definition.name} has no loader; run \`npm run generate\``);
  return lazyTool(definition, loader);
});
