import type { Engine } from "../engine/engine.ts";
import { ToolError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import { once } from "../once.ts";
import { cutText } from "../text/text.ts";
import type { Tool, ToolResult } from "../tools/tool.ts";
import type { EngineSource, ToolSource } from "./agent.ts";
import { noServices } from "./no-services.ts";

/** An engine with one more tool, which needs no services. Closing it closes the engine. */
export function withTool(engine: Engine, tool: Tool): Engine {
  return {
    async definitions() {
      const { name, description, inputSchema, outputSchema, hints } = tool;
      const others = (await engine.definitions()).filter((other) => other.name !== name);
      return [...others, { name, description, inputSchema, outputSchema, hints }];
    },
    async call(name, input, options) {
      if (name !== tool.name) return engine.call(name, input, options);
      try {
        return await tool.call(input, { ...options, services: noServices });
      } catch (thrown) {
        if (options.signal.aborted) return { ok: false, code: "cancelled", message: `${name} was cancelled` };
        throw thrown;
      }
    },
    close: () => engine.close(),
  };
}

/**
 * An engine with tools of one run. Closing it closes the engine.
 *
 * @throws ToolError `invalid_input` for a name that is in use
 */
export async function withRunTools(engine: Engine, tools: readonly Tool[] = []): Promise<Engine> {
  if (tools.length === 0) return engine;
  const names = [...(await engine.definitions()), ...tools].map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ToolError("invalid_input", `two tools are called "${cutText(twice, 60)}"; give yours another name`);
  }
  const { openLocalEngine } = await import("../engine/local.ts");
  const own = openLocalEngine({ tools, services: () => noServices });
  const ownNames = new Set(tools.map(({ name }) => name));
  return {
    definitions: async () => [...(await engine.definitions()), ...(await own.definitions())],
    call: (name, input, options) => (ownNames.has(name) ? own : engine).call(name, input, options),
    close: () => engine.close(),
  };
}

/**
 * An engine with only some of its tools.
 *
 * @throws ToolError `invalid_input` for a name that is none of them
 */
export async function narrowEngine(engine: Engine, names: readonly string[]): Promise<Engine> {
  const known = (await engine.definitions()).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const message = `there is no tool "${cutText(unknown, 60)}"${didYouMean(unknown, known)}; the tools are ${known.join(", ")}`;
    throw new ToolError("invalid_input", message);
  }
  return withOnly(engine, names);
}

/** As `narrowEngine`; a name that is none of its tools changes nothing. */
export function withOnly(engine: Engine, names: readonly string[]): Engine {
  return {
    definitions: async () => (await engine.definitions()).filter(({ name }) => names.includes(name)),
    async call(name, input, options): Promise<ToolResult> {
      if (names.includes(name)) return engine.call(name, input, options);
      return noSuchTool(name, names);
    },
    close: () => engine.close(),
  };
}

export function noSuchTool(name: string, names: readonly string[]): ToolResult {
  const message = `there is no tool "${cutText(name, 60)}"${didYouMean(name, names)}; the tools are ${names.join(", ")}`;
  return { ok: false, code: "not_found", message };
}

/** What an agent is given, as an engine. */
export function engineOf(options: EngineSource | ToolSource): () => Promise<Engine> {
  if ("engine" in options) return () => Promise.resolve(options.engine);
  const { tools, services = () => noServices } = options;
  // loaded here, so that an agent with another engine runs where there is no Node
  const engine = once(async () => (await import("../engine/local.ts")).openLocalEngine({ tools, services }));
  return () => engine.get();
}
