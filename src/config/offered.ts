import type { Config } from "../config.ts";

/** Whether `--tools` and `--no-tools` leave a tool. */
export function isOffered({ tools, no_tools: excluded }: Pick<Config, "tools" | "no_tools">, name: string): boolean {
  return (tools?.includes(name) ?? true) && !excluded.includes(name);
}

/** Whether there is a model to ask, as far as the configuration tells. */
export function hasProvider({ provider, secrets }: Pick<Config, "provider" | "secrets">): boolean {
  return provider !== undefined || Object.keys(secrets).some((name) => modelKeys.has(name));
}

const modelKeys = new Set(["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"]);
