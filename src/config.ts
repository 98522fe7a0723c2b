import { resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "./errors.ts";
import { logLevels, setLogLevel } from "./log.ts";
import {
  readCommandLine,
  readEnvironment,
  findUserFile,
  readProjectFile,
  readUserFile,
  type Settings,
} from "./config/sources.ts";
import { readDatabases } from "./config/databases.ts";
import { decideFolders } from "./config/folders.ts";

/** The names under which keys are found in the environment and in the configuration file's `keys`. */
const keyNames = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"] as const;
const baseUrlNames = ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "GROQ_BASE_URL"] as const;

const list = z.array(z.string().min(1)).default([]);

/** Every option, with the text of its help. `axoner --help`, the flags, the environment and the file are read by it. */
export const optionsSchema = z.strictObject({
  root: list.describe("DIR  a folder whose files may be read (repeatable; default: the current folder)"),
  workspace: z
    .string()
    .optional()
    .describe("DIR  where datasets, exports and sessions are kept (default: .axoner in the first root)"),
  allow_write: list.describe("DIR  a folder outside the workspace that may be written to (repeatable)"),
  allow_private: list.describe("HOST|CIDR[:PORT]  an address to reach although it is not public (repeatable)"),
  tools: z.array(z.string().min(1)).optional().describe("a,b  offer only these tools"),
  no_tools: list.describe("a,b  do not offer these tools"),
  plugin: list.describe("FILE  a module that exports tools made with defineTool (repeatable)"),
  database: list.describe("NAME=URL  a database to query: postgres://… or sqlite:PATH (repeatable)"),
  provider: z.string().optional().describe("NAME  who serves the model: openai, groq or scripted"),
  model: z.string().optional().describe("ID  the model to use"),
  base_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("URL  where the provider is reached, if not at its usual address"),
  max_turns: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(10)
    .describe("N  end an agent run after this many replies of the model (default 10)"),
  max_tokens: z.coerce.number().int().min(1).optional().describe("N  end an agent run after this many tokens"),
  session: z.string().optional().describe("ID  continue this conversation, or begin it"),
  store: z
    .string()
    .optional()
    .describe("URL  where conversations are kept: file:DIR or memory: (default: file: in the workspace)"),
  log_level: z.enum(logLevels).default("warn").describe("LEVEL  silent, error, warn, info or debug, on stderr"),
});

/** What a project's own `axoner.json` may say: it can only narrow what the user allows. */
const narrowing = ["tools", "no_tools", "max_turns", "max_tokens"] as const;

/** The complete resolved configuration; an engine process is given this and reads nothing else. */
export const configSchema = optionsSchema
  .omit({ root: true, workspace: true, plugin: true, allow_write: true, database: true })
  .extend({
    roots: z.array(z.string()),
    workspace: z.string(),
    allow_write: z.array(z.string()),
    plugins: z.array(z.string()),
    /** URLs by name. They may hold passwords. */
    databases: z.record(z.string(), z.string()),
    /** The configuration file and the conversations: never read as data, wherever they lie. */
    private_paths: z.array(z.string()),
    /** API keys and base URLs by their environment names. */
    secrets: z.record(z.string(), z.string()),
  });

export type Config = z.output<typeof configSchema>;

/** The environment a child process needs to run at all: no keys, no options. */
export function childEnvironment(): Record<string, string> {
  const names = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LANG",
    "LC_ALL",
    "TZ",
    "SystemRoot",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/**
 * Resolve the configuration: flag over environment over the user's file over default, then narrowed by the project's file.
 *
 * @param argv the command line without interpreter and script
 * @returns the configuration and what on the command line was no option of ours, in its order
 * @throws ConfigError for an unknown key, a value of the wrong kind, or a file that cannot be read
 */
export function readConfig(argv: readonly string[]): { config: Config; rest: string[] } {
  const { settings: flags, configFile, rest } = readCommandLine(argv, optionsSchema.shape);
  const userFile = findUserFile(configFile ?? process.env["AXONER_CONFIG"], process.env);
  const file = readUserFile(userFile);
  const environment = readEnvironment(process.env, optionsSchema.shape);
  const { secrets: fileSecrets, ...fileOptions } = file;
  const options = parseOptions({ ...fileOptions, ...environment, ...flags });
  setLogLevel(options.log_level);
  const folders = decideFolders(options, process.cwd(), process.env);
  const narrowed = narrow(options, folders.roots[0] === undefined ? {} : readProjectFile(folders.roots[0], narrowing));
  const { root: _root, plugin: _plugin, database, ...kept } = narrowed;
  const databases = readDatabases(database, process.cwd());
  const secrets = { ...fileSecrets, ...pick(process.env, [...keyNames, ...baseUrlNames]) };
  const store = /^file:(?:\/\/)?(.+)$/s.exec(options.store ?? "")?.[1];
  const private_paths = [userFile.path, ...(store === undefined ? [] : [resolve(store)])];
  return { config: { ...kept, ...folders, databases, private_paths, secrets }, rest };
}

type Options = z.output<typeof optionsSchema>;

function parseOptions(settings: Settings): Options {
  const parsed = optionsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const key = issue.path[0] === undefined ? "" : `--${String(issue.path[0]).replaceAll("_", "-")}: `;
    return `${key}${issue.message}`;
  });
  throw new ConfigError(`${problems.join("; ")}; \`axoner --help\` lists the options`);
}

function narrow(options: Options, project: Settings): Options {
  const limits = parseOptions({ ...project });
  const tools =
    limits.tools === undefined ? options.tools : limits.tools.filter((tool) => options.tools?.includes(tool) ?? true);
  return {
    ...options,
    tools,
    no_tools: [...options.no_tools, ...limits.no_tools],
    max_turns: project["max_turns"] === undefined ? options.max_turns : Math.min(options.max_turns, limits.max_turns),
    max_tokens:
      limits.max_tokens === undefined
        ? options.max_tokens
        : Math.min(options.max_tokens ?? Infinity, limits.max_tokens),
  };
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}
