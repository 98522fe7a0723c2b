import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exitCodes } from "./cli/command.ts";
import { shells } from "./cli/commands.ts";
import { findCandidates, type Candidate, type Known } from "./cli/completion/candidates.ts";
import { completionScripts } from "./cli/completion/scripts.ts";
import { write } from "./cli/output.ts";
import { readConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { didYouMean } from "./text/nearest.ts";

const usage = `Usage: axoner completion SHELL

Prints what ${shells.join(", ")} reads to complete commands, options and values, such as the names of tools and sessions.

  bash   axoner completion bash >> ~/.bashrc
  zsh    axoner completion zsh >> ~/.zshrc
  fish   axoner completion fish > ~/.config/fish/completions/axoner.fish
`;

/**
 * `axoner completion`: a shell's script, or, where that asks, what the last of some words can become.
 *
 * @throws ConfigError for a shell that there is no script for
 */
export async function complete(argv: readonly string[]): Promise<number> {
  const [asked, separator, ...words] = argv;
  if (asked === "words" && separator === "--") {
    await write(process.stdout, await answer(words));
    return exitCodes.done;
  }
  if (asked === undefined || asked === "--help" || asked === "-h") {
    await write(asked === undefined ? process.stderr : process.stdout, usage);
    return asked === undefined ? exitCodes.usage : exitCodes.done;
  }
  const shell = shells.find((known) => known === asked);
  if (shell === undefined || separator !== undefined) {
    throw new ConfigError(`axoner completion takes a shell: ${shells.join(", ")}${didYouMean(asked, shells)}`);
  }
  await write(process.stdout, completionScripts[shell]);
  return exitCodes.done;
}

async function answer(words: readonly string[]): Promise<string> {
  const { found, paths } = await findCandidates(words, knownFor(words));
  const lines = found.map(({ value, text = "" }) => `${value}\t${text}`);
  return [paths, ...lines].map((line) => `${line}\n`).join("");
}

function knownFor(words: readonly string[]): Known {
  return {
    async tools() {
      const [{ tools }, agent, job] = await Promise.all([
        import("./tools/index.ts"),
        import("./agent/run-agent.generated.json", { with: { type: "json" } }),
        import("./engine/jobs/job.generated.json", { with: { type: "json" } }),
      ]);
      const all = [...tools, agent.default, job.default];
      return all.map(({ name, description }) => ({ value: name, text: description.slice(0, 80) }));
    },
    sessions: () => Promise.race([storedSessions(words), delay(storeMs, [], { ref: false })]),
    async providers() {
      const { providerNames } = await import("./providers/index.ts");
      return providerNames.map((value) => ({ value }));
    },
    async models(provider) {
      const { pricedModels } = await import("./providers/prices.ts");
      return pricedModels(provider).map((value) => ({ value }));
    },
  };
}

/** Nobody waits longer for a key that was pressed. */
const storeMs = 1_500;
const maxSessions = 200;

/** Those of the store that the words and the configuration name. Nothing is made where there is none yet. */
async function storedSessions(words: readonly string[]): Promise<Candidate[]> {
  try {
    const { config } = readConfig(words.slice(0, -1));
    if (config.store === undefined && !existsSync(join(config.workspace, "sessions"))) return [];
    const { openConfiguredStore } = await import("./runtime/open-agent.ts");
    const store = await openConfiguredStore(config);
    try {
      return (await store.list(maxSessions)).map(({ id, title }) => ({ value: id, text: title }));
    } finally {
      await store.close();
    }
  } catch {
    return []; // whoever completes a line has not asked what is wrong with it; running it says so
  }
}
