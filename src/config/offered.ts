import type { Config } from "../config.ts";

/** The names under which keys of model providers are found in the environment and in the configuration file's `keys`. */
export const modelKeys = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"] as const;

/** Whether `--tools` and `--no-tools` leave a tool. */
export function isOffered({ tools, no_tools: excluded }: Pick<Config, "tools" | "no_tools">, name: string): boolean {
  return (tools?.includes(name) ?? true) && !excluded.includes(name);
}

/** Whether there is a model to ask, as far as the configuration tells. */
export function hasProvider({ provider, secrets }: Pick<Config, "provider" | "secrets">): boolean {
  return provider !== undefined || Object.keys(secrets).some((name) => modelKeys.some((key) => key === name));
}
