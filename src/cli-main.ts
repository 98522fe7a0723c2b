import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Ask } from "./agent/approval-policy.ts";
import { exitCodes, type Command, type CommandContext } from "./cli/command.ts";
import { commands, type CommandName } from "./cli/commands.ts";
import { write } from "./cli/output.ts";
import { readConfig, thisMachine, type ReadConfig } from "./config.ts";
import { bareConfig } from "./config/bare.ts";
import { hasProvider, modelKeys } from "./config/offered.ts";
import { options } from "./config/options.ts";
import { repeatOptions } from "./config/repeated.ts";
import { ConfigError } from "./errors.ts";
import { didYouMean } from "./text/nearest.ts";
import { withAgentTool } from "./runtime/agent-tool.ts";
import { lazyJobFiles, withJobTool } from "./runtime/jobs.ts";
import type { OpenAgent } from "./runtime/open-agent.ts";
import { lazyTelemetry } from "./telemetry/lazy.ts";
import { withRecording } from "./runtime/open-recording.ts";
import { openEngineProcess, openToolEngine } from "./runtime.ts";
import { askForUpdate, tellOfUpdate } from "./updates/notice.ts";
import { version } from "./version.ts";
import type { Engine } from "./engine/engine.ts";
import type { Presence, SessionStore } from "./session/store.ts";

/** How each command is loaded. `mcp` never comes here: it starts its own way, and so does what completes command lines. */
const loaders: Readonly<Record<Exclude<CommandName, "mcp" | "completion">, () => Promise<Command>>> = {
  chat: async () => (await import("./cli/chat.ts")).chat,
  engine: async () => (await import("./cli/engine.ts")).engine,
  install: async () => (await import("./cli/install.ts")).install,
  run: async () => (await import("./cli/run.ts")).run,
  doctor: async () => (await import("./cli/doctor.ts")).doctor,
  sessions: async () => (await import("./cli/sessions.ts")).sessions,
  tool: async () => (await import("./cli/tool.ts")).tool,
};

export async function main(argv: string[]): Promise<number> {
  process.stdout.on("error", () => {}); // what fails is told to whoever writes
  // asked first, so that a wrong configuration does not stand in the way of help
  if (argv[0] === "--version" || argv[0] === "-V") return print(`axoner ${version}\n`);
  if (argv[0] === "--help" || argv[0] === "-h" || argv[0] === "help") return print(help());
  if (argv[0] === "completion") return (await import("./complete.ts")).complete(argv.slice(1));
  if (argv[0] === askForUpdate) return askForUpdates();
  const { problem, ...read } = argv[0] === "doctor" ? readWhatCanBe(argv) : { ...readConfig(argv), problem: undefined };
  const { config, rest } = read;
  const [name = isAtTerminal() ? "chat" : undefined, ...args] = rest;
  if (name === undefined) {
    process.stderr.write(help());
    return exitCodes.usage;
  }
  if (name === "mcp") throw new ConfigError("write `axoner mcp` before its options: axoner mcp [options]");
  const load = Object.entries(loaders).find(([known]) => known === name)?.[1];
  if (load === undefined) {
    const known = Object.keys(commands);
    throw new ConfigError(`there is no command "${name}"${didYouMean(name, known)}; \`axoner --help\` lists them`);
  }
  const recorded = name === "doctor" ? config : await withRecording(config);
  const code = await runCommand(await load(), args, { ...read, config: recorded, problem });
  if (problem === undefined && code !== exitCodes.cancelled) await tellOfUpdate(config, thisMachine(), process.stderr);
  return code;
}

/** The process that a command left behind: nobody reads what it says. */
async function askForUpdates(): Promise<number> {
  await (await import("./updates/ask.ts")).askRegistry();
  return exitCodes.done;
}

/** A configuration that cannot be used is what `axoner doctor` is asked about. */
function readWhatCanBe(argv: readonly string[]): ReadConfig & { problem: string | undefined } {
  try {
    return { ...readConfig(argv), problem: undefined };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return { ...bareConfig(argv, thisMachine().environment), problem: thrown.message };
  }
}

function isAtTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Whoever has cancelled waits for no more than this. */
const closeMs = 2_000;

type Started = Omit<ReadConfig, "rest"> & {
  /** Why the configuration cannot be used. */
  problem: string | undefined;
};

async function runCommand(command: Command, args: string[], started: Started): Promise<number> {
  const { config, commandLine } = started;
  const resources: { close(): Promise<void> }[] = [];
  const keep = async <Resource extends { close(): Promise<void> }>(opening: Promise<Resource>): Promise<Resource> => {
    const resource = await opening;
    resources.push(resource);
    return resource;
  };
  let engine: Promise<Engine> | undefined;
  let withAgent: Promise<Engine> | undefined;
  let agent: Promise<OpenAgent> | undefined;
  let store: Promise<SessionStore> | undefined;
  // A plugin may print to stdout, which is the command's result here: it gets a process of its own.
  const openConfigured = async () => (config.plugins.length > 0 ? openEngineProcess(config) : openToolEngine(config));
  const openEngine = () => (engine ??= keep(openConfigured()));
  const telemetry = lazyTelemetry(config.telemetry);
  let presence: Promise<Presence | undefined> | undefined;
  const opening = () => import("./runtime/open-agent.ts");
  const openPresence = () => (presence ??= opening().then((module) => module.openConfiguredPresence(config)));
  const openOver = async (opened: Engine, ask?: Ask) =>
    keep((await opening()).openAgent(config, opened, { telemetry, ask, presence: await openPresence() }));
  const openTools = async () =>
    withJobTool(withAgentTool(await openConfigured(), config, telemetry), lazyJobFiles(config));
  const openWithAgent = () => (withAgent ??= keep(openTools()));
  const openWhole = (ask?: Ask) => (agent ??= openEngine().then((opened) => openOver(opened, ask)));
  const context: CommandContext = {
    session: config.session,
    hasProvider: hasProvider(config),
    machine: thisMachine(),
    repeatOptions: () => repeatOptions(commandLine, process.cwd()),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    ...listenToSignals(),
    openEngine: openWithAgent,
    openStore: () => (store ??= keep(opening().then((module) => module.openConfiguredStore(config)))),
    openPresence,
    openAgent: async (ask) => (await openWhole(ask)).agent,
    openModels: async () => (await openWhole()).models,
    async *diagnose(asked) {
      const { diagnose } = await import("./doctor/diagnose.ts");
      yield* diagnose({ config, configPath: started.path, configProblem: started.problem })(asked);
    },
    async stateFile(name) {
      const { openWorkspace } = await import("./data/workspace.ts");
      return join(await openWorkspace(config.workspace).folder("sessions"), name);
    },
  };
  let isLeft = false;
  try {
    const code = await command(args, context);
    isLeft = code === exitCodes.cancelled;
    return code;
  } finally {
    const closing = Promise.all(resources.map((resource) => resource.close())).then(() => telemetry.close());
    // what does not stop ends with the process
    await (isLeft ? Promise.race([closing, delay(closeMs)]) : closing);
  }
}

function listenToSignals(): Pick<CommandContext, "signal" | "onInterrupt"> {
  const interruption = new AbortController();
  const listeners: (() => void)[] = [];
  const interrupt = (signal: NodeJS.Signals) => {
    const listener = listeners.at(-1);
    if (signal === "SIGINT" && listener !== undefined) return listener();
    if (interruption.signal.aborted) process.exit(exitCodes.cancelled); // asked twice: do not wait for anything
    interruption.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return {
    signal: interruption.signal,
    onInterrupt(listener) {
      listeners.push(listener);
      return () => void listeners.splice(listeners.lastIndexOf(listener), 1);
    },
  };
}

function help(): string {
  const listed = Object.values(commands).map(({ usage, summary }) => [usage, summary]);
  const flags = Object.entries(options).map(([key, option]) => {
    const [placeholder = "", ...text] = option.help.split("  ");
    return [`--${key.replaceAll("_", "-")} ${placeholder}`, text.join("  ")];
  });
  flags.push(["--config FILE", "the configuration file (default: ~/.config/axoner/axoner.json)"]);
  return `axoner ${version}: fast data tools and a whole agent over one stdio pipe

Usage: axoner COMMAND [options]

Commands
${table(listed)}

Options, each also AXONER_… in the environment and a key of the configuration file
${table(flags)}

Keys, in the environment or under "keys" in the configuration file
${table([
  ["models", modelKeys.join(", ")],
  ["web_search", "SEARCH_API_KEY with CX_ENGINE (Google), BRAVE_API_KEY, TAVILY_API_KEY or SEARXNG_URL"],
])}

\`axoner COMMAND --help\` says more. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 limit reached,
4 provider refused or unavailable, 130 cancelled.
`;
}

function table(rows: string[][]): string {
  const width = Math.max(...rows.map(([left = ""]) => left.length));
  return rows.map(([left = "", right = ""]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

async function print(text: string): Promise<number> {
  await write(process.stdout, text);
  return exitCodes.done;
}
