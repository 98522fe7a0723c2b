import { ConfigError } from "../errors.ts";
import type { Provider } from "../providers/provider.ts";
import type { AgentOptions, AgentSettings, ToolSource } from "./agent.ts";
import runAgent from "./run-agent.generated.json" with { type: "json" };

export function checkLimits({ provider, ...limits }: AgentOptions): void {
  const counts = [
    "maxTurns",
    "maxTokens",
    "maxTimeMs",
    "maxOutputTokens",
    "contextTokens",
    "maxRepeats",
    "toolTimeoutMs",
  ] as const;
  const wrong = counts.find((name) => limits[name] !== undefined && !(limits[name] >= 1));
  if (wrong !== undefined) throw new ConfigError(`${wrong} must be at least 1`);
  if (limits.maxUsd === undefined) return;
  if (!(limits.maxUsd > 0)) throw new ConfigError("maxUsd must be more than 0");
  if (provider.price === undefined) {
    const advice = `say what it costs, with --prices '{"${provider.model}": {"input": 1, "output": 4}}' or as "prices" in the configuration file (in a program as the provider's price), US dollars for a million tokens`;
    throw new ConfigError(`${noPrice(provider)}: ${advice}; or limit tokens instead (--max-tokens)`);
  }
}

export function checkNames({ tools, subAgentDepth = 0 }: AgentSettings & ToolSource): void {
  const names = [...tools.map(({ name }) => name), ...(subAgentDepth > 0 ? [runAgent.name] : [])];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new ConfigError(`two tools are called "${twice}"; give one another name: { ...tool, name: "another_name" }`);
}

export function noPrice({ name, model }: Provider): string {
  return `the price of ${name}'s model ${model} is not known, or that of a fallback, so a limit of money cannot be kept`;
}
