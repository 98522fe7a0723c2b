import runAgent from "../agent/run-agent.generated.json" with { type: "json" };
import type { Config } from "../config.ts";
import { isTelemetryOn } from "../config/telemetry.ts";
import { hasProvider, isOffered } from "../config/offered.ts";
import type { Engine } from "../engine/engine.ts";
import { openLocalEngine } from "../engine/local.ts";
import { ConfigError, ToolError } from "../errors.ts";
import { once } from "../once.ts";
import type { LazyTelemetry } from "../telemetry/lazy.ts";
import type { OpenAgent } from "./open-agent.ts";
import { lazyTool } from "../tools/lazy-tool.ts";

/** Agents below the user's: it may give tasks to others, and they too, but no deeper. */
export const subAgentDepth = 2;

/** An engine that has an agent over its tools. */
export interface EngineWithAgent extends Engine {
  /** @throws ToolError `unavailable` where none is configured or allowed; it says what to do */
  openAgent(): Promise<OpenAgent>;
}

/**
 * An engine that runs `run_agent` too, with the engine's own tools. It is listed where a model is configured; without one
 * a call says how to configure it. Closing it closes the engine.
 */
export function withAgentTool(engine: Engine, config: Config, telemetry: LazyTelemetry): EngineWithAgent {
  const opened = once(async () => (await import("./open-agent.ts")).openAgent(config, engine, { telemetry }));
  const openAgent = async () => {
    try {
      return await opened.get();
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      throw new ToolError("unavailable", thrown.message, { cause: thrown });
    }
  };
  const load = async () => (await openAgent()).agent.asTool();
  const isAllowed = allowsAgent(config);
  const services = async () => (await import("../agent/no-services.ts")).noServices;
  const local = openLocalEngine({ tools: isAllowed ? [lazyTool(runAgent, { load })] : [], services });
  return {
    openAgent() {
      if (config.agent_depth <= subAgentDepth && !config.no_tools.includes(runAgent.name)) return openAgent();
      throw new ToolError("unavailable", "this server may run no agent: it is told so by its options");
    },
    async definitions() {
      const own = hasProvider(config) ? local.definitions() : [];
      return [...(await engine.definitions()), ...(await own)];
    },
    call(name, input, options) {
      return (isAllowed && name === runAgent.name ? local : engine).call(name, input, options);
    },
    async close() {
      await local.close();
      await (await opened.opened())?.close();
      await engine.close();
    },
  };
}

/** The same for an engine whose agent runs where `heavy` does. Closing it closes the engine alone. */
export function passAgentTool(engine: Engine, heavy: Engine, config: Config): Engine {
  const isAllowed = allowsAgent(config);
  return {
    ...engine,
    definitions: async () => [...(await engine.definitions()), ...(isAllowed && hasProvider(config) ? [runAgent] : [])],
    call: (name, input, options) => (isAllowed && name === runAgent.name ? heavy : engine).call(name, input, options),
  };
}

/**
 * Whether agents may run in the shared engine, so that a run outlives its server. Not where a server's own spans are
 * their parents, nor where each server plays a script from its beginning.
 */
export function sharesAgent({ provider, telemetry }: Config): boolean {
  return provider !== "scripted" && !isTelemetryOn(telemetry);
}

function allowsAgent(config: Config): boolean {
  return isOffered(config, runAgent.name) && config.agent_depth <= subAgentDepth;
}
