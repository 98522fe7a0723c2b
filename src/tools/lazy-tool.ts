import type { JsonObject } from "../message.ts";
import { once } from "../once.ts";
import { outcomeOf } from "./outcome.ts";
import { readPlainInput } from "./plain-input.ts";
import type { Services } from "./services.ts";
import type { Tool, ToolContext, ToolDefinition } from "./tool.ts";

/** Where a tool's code is found. */
export interface ToolLoader {
  load: () => Promise<Tool>;
  /** Start what every call needs while the code is loaded. */
  prepare?: (services: Services) => void;
  /** What the tool does with an input that is valid as it was sent, without zod: for a tool that must start fast. */
  loadRun?: () => Promise<(input: JsonObject, context: ToolContext) => Promise<JsonObject>>;
}

/** A tool that is known by its definition, and loaded by its first call. */
export function lazyTool(definition: ToolDefinition, { load, prepare, loadRun }: ToolLoader): Tool {
  const tool = once(load);
  return {
    ...definition,
    async call(sent, context) {
      prepare?.(context.services);
      const input = loadRun === undefined ? undefined : readPlainInput(definition.inputSchema, sent);
      if (loadRun === undefined || input === undefined) return (await tool.get()).call(sent, context);
      const run = await loadRun();
      return outcomeOf(context.signal, () => run(input, context));
    },
  };
}
