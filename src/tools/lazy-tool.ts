import type { JsonObject } from "../message.ts";
import { once } from "../once.ts";
import { outcomeOf } from "./outcome.ts";
import { readPlainInput } from "./plain-input.ts";
import type { Services } from "./services.ts";
import type { Tool, ToolContext, ToolDefinition } from "./tool.ts";

/** Where a tool's code is found. */
export interface ToolLoader {
  load: () => Promise<Tool>;
  /** What every call needs, and is started while the code is loaded: a process for SQL, or a thread that reads pages. */
  needs?: "sql" | "pages";
  /** What the tool does with an input that is valid as it was sent, without zod: for a tool that must start fast. */
  loadRun?: () => Promise<(input: JsonObject, context: ToolContext) => Promise<JsonObject>>;
}

/** A tool that is known by its definition, and loaded by its first call. */
export function lazyTool(definition: ToolDefinition, { load, needs, loadRun }: ToolLoader): Tool {
  const tool = once(load);
  return {
    ...definition,
    async call(sent, context) {
      if (needs !== undefined) start(needs, context.services);
      const input = loadRun === undefined ? undefined : readPlainInput(definition.inputSchema, sent);
      if (loadRun === undefined || input === undefined) return (await tool.get()).call(sent, context);
      const run = await loadRun();
      return outcomeOf(context.signal, () => run(input, context));
    },
  };
}

function start(needed: "sql" | "pages", { sql, web }: Services): void {
  if (needed === "sql") sql.prepare();
  else web.prepare();
}
