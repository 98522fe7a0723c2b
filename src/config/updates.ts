import { join } from "node:path";
import { childEnvironment } from "./child-environment.ts";
import { stateFolder } from "./folders.ts";
import type { Machine } from "./machine.ts";

/** Where it is kept what the registry said of newer versions. */
export function updateStatePath({ environment }: Machine): string {
  return join(stateFolder(environment), "axoner", "updates.json");
}

const proxies = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/** What the process that asks the registry needs: the way there, and where it keeps what it was told. No keys. */
export function updateEnvironment({ environment }: Machine): Record<string, string> {
  const names = [...proxies, "npm_config_registry"].flatMap((name) => [name, name.toUpperCase()]);
  const ways = [...names, "XDG_STATE_HOME"].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...childEnvironment(), ...Object.fromEntries(ways) };
}

/** The registry that npm is told to use, else npm's own. */
export function readRegistry(environment: NodeJS.ProcessEnv): URL {
  const given = URL.parse(environment["npm_config_registry"] || environment["NPM_CONFIG_REGISTRY"] || "");
  const url = given !== null && /^https?:$/.test(given.protocol) ? given : new URL("https://registry.npmjs.org/");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
