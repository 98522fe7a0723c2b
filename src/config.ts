import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { ConfigError } from "./errors.ts";
import { log, setLogLevel } from "./log.ts";
import {
  readCommandLine,
  readEnvironment,
  findUserFile,
  readProjectFile,
  readUserFile,
  type CommandLine,
} from "./config/sources.ts";
import { mergeApproval, narrowApproval } from "./config/approval.ts";
import { readDatabases } from "./config/databases.ts";
import { readProxies, type ProxyConfig } from "./config/proxies.ts";
import { modelKeys } from "./config/offered.ts";
import { readTelemetry, type TelemetryConfig } from "./config/telemetry.ts";
import { decideFolders, expandHome } from "./config/folders.ts";
import type { Machine } from "./config/machine.ts";
import { options, readOptions, type Options } from "./config/options.ts";

/** Keys and an address; `src/web/search` says which of them make a search service usable. */
const searchNames = ["SEARCH_API_KEY", "CX_ENGINE", "BRAVE_API_KEY", "TAVILY_API_KEY", "SEARXNG_URL"] as const;
const baseUrlNames = ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GROQ_BASE_URL"] as const;

/** What a project's own `axoner.json` may say: it can only narrow what the user allows. */
const narrowing = ["approve", "tools", "no_tools", "max_turns", "max_tokens", "max_usd", "max_time"] as const;

/** The complete resolved configuration; an engine process is given this and reads nothing else. */
export type Config = Omit<Options, "root" | "plugin" | "database" | "workspace"> & {
  roots: string[];
  workspace: string;
  plugins: string[];
  /** URLs by name. They may hold passwords. */
  databases: Record<string, string>;
  /** How many agents this process stands below. */
  agent_depth: number;
  /** Whether the file of `record` was begun by the process that started this one. */
  record_begun: boolean;
  /** The configuration file and the conversations: never read as data, wherever they lie. */
  private_paths: string[];
  /** From the environment alone. */
  proxies: ProxyConfig;
  /** From the environment alone. */
  telemetry: TelemetryConfig;
  /** API keys, base URLs and SearXNG's address by their environment names. */
  secrets: Record<string, string>;
};

/**
 * Resolve the configuration: flag over environment over the user's file over default, then narrowed by the project's file.
 *
 * @param argv the command line without interpreter and script
 * @returns the configuration, the command line, and what on that was no option of ours, in its order
 * @throws ConfigError for an unknown key, a value of the wrong kind, or a file that cannot be read
 */
export function readConfig(argv: readonly string[]): ReadConfig {
  const commandLine = readCommandLine(argv, options);
  const { settings: flags, configFile, rest } = commandLine;
  const userFile = findUserFile(configFile ?? process.env["AXONER_CONFIG"], process.env);
  const file = readUserFile(userFile);
  const environment = readEnvironment(process.env, options);
  const { secrets: fileSecrets, ...fileOptions } = file;
  const approve = mergeApproval({
    [`${userFile.path}: "approve"`]: fileOptions["approve"],
    AXONER_APPROVE: environment["approve"],
    "--approve": flags["approve"],
  });
  const given = readOptions({ ...fileOptions, ...environment, ...flags, approve });
  setLogLevel(given.log_level);
  const folders = decideFolders(given, process.cwd(), process.env);
  const narrowed = folders.roots[0] === undefined ? given : narrow(given, folders.roots[0]);
  const { root: _root, plugin: _plugin, database, mcp_config: given_mcp, ...kept } = narrowed;
  const mcp_config = given_mcp === undefined ? undefined : resolve(given_mcp);
  const [record, replay] = [narrowed.record, narrowed.replay].map((path) => path && resolve(path));
  const databases = readDatabases(database, process.cwd());
  const secrets = { ...fileSecrets, ...pick(process.env, [...modelKeys, ...searchNames, ...baseUrlNames]) };
  const agent_depth = Number(process.env["AXONER_AGENT_DEPTH"] ?? 0) || 0;
  const store = /^(?:file|sqlite):(?:\/\/)?(.+)$/s.exec(given.store ?? "")?.[1];
  const private_paths = [
    userFile.path,
    ...[mcp_config, record, replay].filter((path) => path !== undefined),
    ...(store === undefined ? [] : ["", "-wal", "-shm"].map((suffix) => resolve(store + suffix))),
  ];
  const proxies = readProxies(process.env);
  const telemetry = readTelemetry(process.env);
  const recording = { record, replay, record_begun: false };
  const read = { ...recording, databases, mcp_config, agent_depth, private_paths, proxies, telemetry, secrets };
  return { config: { ...kept, ...folders, ...read }, commandLine, rest, path: userFile.path };
}

/**
 * As `readConfig`, for a server: what is no option of its command line is a folder, and stands for `--root FOLDER`, but
 * one that is gone is left out with a warning where another root is left: desktop clients keep the folders that a user
 * once chose.
 *
 * @throws ConfigError also for an option that there is not
 */
export function readServerConfig(argv: readonly string[]): ReadConfig {
  const { rest, settings } = readCommandLine(argv, options);
  const named = rest.filter((argument) => !argument.startsWith("-"));
  const there = named.filter((folder) => existsSync(expandHome(folder)));
  // never the current folder in place of those that the user chose
  const folders = there.length > 0 || settings["root"] !== undefined ? there : named;
  for (const gone of named.filter((folder) => !folders.includes(folder)))
    log.warn(`the folder ${gone} is not there, or cannot be read: the server goes on without it`);
  const read = readConfig([...folders.flatMap((folder) => ["--root", folder]), ...argv]);
  const unknown = read.rest.find((argument) => argument.startsWith("-") && argument !== "--");
  if (unknown === undefined) return read;
  throw new ConfigError(`axoner mcp does not know "${unknown}"; \`axoner --help\` lists the options`);
}

export interface ReadConfig {
  config: Config;
  commandLine: CommandLine;
  rest: string[];
  /** Where the user's file is, or would be. */
  path: string;
}

/** What the commands need to know of where they run. */
export function thisMachine(): Machine {
  return { platform: process.platform, home: homedir(), environment: process.env };
}

/** By the file of a project. */
function narrow(given: Options, root: string): Options {
  const project = readProjectFile(root, narrowing);
  const limits = readOptions(project, join(root, "axoner.json"));
  const tools =
    limits.tools === undefined ? given.tools : limits.tools.filter((tool) => given.tools?.includes(tool) ?? true);
  return {
    ...given,
    tools,
    approve: narrowApproval(given.approve, limits.approve),
    no_tools: [...given.no_tools, ...limits.no_tools],
    max_turns: project["max_turns"] === undefined ? given.max_turns : Math.min(given.max_turns, limits.max_turns),
    max_tokens: lower(given.max_tokens, limits.max_tokens),
    max_usd: lower(given.max_usd, limits.max_usd),
    max_time: lower(given.max_time, limits.max_time),
  };
}

function lower(given: number | undefined, limit: number | undefined): number | undefined {
  return given === undefined || limit === undefined ? (given ?? limit) : Math.min(given, limit);
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}
