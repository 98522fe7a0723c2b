import { existsSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import type { Config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { modelKeys } from "../config/offered.ts";
import { openWorkspace } from "../data/workspace.ts";
import { version } from "../version.ts";
import { ok, problem, warning, type Check, type Outcome } from "./check.ts";
import type { Patient } from "./diagnose.ts";

const again = "run axoner doctor again";

export function machineChecks(): Check[] {
  const node = process.versions.node;
  return [
    { name: "runtime", whenLate: again, run: () => ok(`Node ${node} on ${process.platform} ${process.arch}`) },
    { name: "axoner", whenLate: again, run: () => ok(version) },
  ];
}

/** What the configuration says; where it cannot be read, only that. */
export function configurationChecks({ config, configPath, configProblem }: Patient): Check[] {
  const file: Check = {
    name: "configuration",
    whenLate: again,
    run() {
      if (configProblem !== undefined) return problem(configProblem, "correct it; the rest is checked then");
      return configurationOutcome(configPath);
    },
  };
  if (configProblem !== undefined) return [file];
  return [
    file,
    { name: "keys", whenLate: again, run: () => keysOutcome(config) },
    { name: "web_search", whenLate: again, run: (signal) => searchOutcome(config, signal) },
    { name: "roots", whenLate: again, run: () => rootsOutcome(config) },
    {
      name: "workspace",
      whenLate: "see whether its disk answers, or choose another workspace with --workspace DIR",
      run: () => workspaceOutcome(config),
    },
  ];
}

function configurationOutcome(path: string): Outcome {
  if (!existsSync(path)) return ok(`there is no ${path}; the environment, the options and the defaults hold`);
  if (process.platform === "win32" || (statSync(path).mode & 0o077) === 0)
    return ok(`${path}, which only you can read`);
  return warning(`${path} can be read by others; it holds no keys`, `before you put keys into it: chmod 600 ${path}`);
}

/** Their names alone are told. */
function keysOutcome({ secrets, provider }: Config): Outcome {
  const names = Object.keys(secrets).filter((name) => /_KEY$|^CX_/.test(name));
  if (modelKeys.some((name) => secrets[name] !== undefined)) return ok(names.join(", "));
  const found = names.length === 0 ? "none" : `${names.join(", ")}, none of them for a model`;
  if (provider !== undefined) return ok(`${found}; the provider ${provider} is named`);
  const advice = `set ${modelKeys.join(", ")} or a local server with --provider openai --base-url URL; tools work without`;
  return warning(`${found}: no model can be asked`, advice);
}

async function searchOutcome({ secrets }: Config, signal: AbortSignal): Promise<Outcome> {
  const { backendNames } = await import("../web/search/backend.ts");
  const { chooseBackend } = await import("../web/search/choose.ts");
  signal.throwIfAborted();
  try {
    const { kind, others } = chooseBackend(secrets, { wanted: undefined, endpoint: () => undefined });
    return ok(backendNames.filter((name) => name === kind.name || others.includes(name)).join(", "));
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    const [detail = "", ...ways] = thrown.message.split(": ");
    return warning(detail, ways.join(": ") || "set the key of a search service");
  }
}

function rootsOutcome({ roots, allow_write: writable }: Config): Outcome {
  if (roots.length === 0) {
    return warning(
      "none: no file can be read from this folder",
      "name a folder with --root DIR, or start in a project",
    );
  }
  const written = writable.length === 0 ? "" : `; may be written: ${writable.join(", ")}`;
  return ok(`${roots.join(", ")}${written}`);
}

async function workspaceOutcome({ workspace }: Config): Promise<Outcome> {
  const path = await openWorkspace(workspace).temporaryPath(".doctor");
  try {
    await writeFile(path, "axoner", { mode: 0o600 });
  } catch (thrown) {
    throw new ConfigError(`nothing can be written in ${workspace}; choose another one with --workspace DIR`, {
      cause: thrown,
    });
  } finally {
    await rm(path, { force: true });
  }
  return ok(`${workspace} can be written`);
}
