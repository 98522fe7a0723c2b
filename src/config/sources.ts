import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError, errorMessage, systemErrorCode } from "../errors.ts";
import { log } from "../log.ts";
import { isJsonObject } from "../message.ts";

/** Option values by their key in the configuration file, before they are checked. */
export type Settings = Record<string, unknown>;
type Shape = Readonly<Record<string, { isList: boolean; isFlag?: true }>>;

/** What a command line says. */
export interface CommandLine {
  settings: Settings;
  /** The value of `--config`. */
  configFile?: string;
  /** What is no option of ours, in its order. */
  rest: string[];
}

/** The flags among the arguments. */
export function readCommandLine(argv: readonly string[], shape: Shape): CommandLine {
  const keys = new Set([...Object.keys(shape), "config"]);
  const options = Object.fromEntries(
    [...keys].map((key) => [
      flagOf(key),
      { type: shape[key]?.isFlag === true ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const settings: Settings = {};
  const taken = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const key = token.name.replaceAll("-", "_");
    if (!keys.has(key) || token.rawName !== `--${flagOf(key)}`) continue;
    if (shape[key]?.isFlag === true) {
      taken.add(token.index);
      settings[key] = token.value ?? true;
      continue;
    }
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
      throw new ConfigError(`--${token.name} needs a value`);
    }
    taken.add(token.index);
    if (!token.inlineValue) taken.add(token.index + 1);
    settings[key] =
      shape[key]?.isList === true ? [...asList(settings[key]), ...splitList(key, token.value)] : token.value;
  }
  const { config, ...others } = settings;
  const rest = argv.filter((_, index) => !taken.has(index));
  return { settings: others, rest, ...(typeof config === "string" ? { configFile: config } : {}) };
}

/** The options set as `AXONER_…`. Lists are separated by commas or written as a JSON list. */
export function readEnvironment(environment: NodeJS.ProcessEnv, shape: Shape): Settings {
  const settings: Settings = {};
  for (const [key, { isList }] of Object.entries(shape)) {
    const value = environment[`AXONER_${key.toUpperCase()}`];
    if (value === undefined || value === "") continue;
    settings[key] = !isList
      ? value
      : value.trimStart().startsWith("[")
        ? parseJson(value, `AXONER_${key.toUpperCase()}`)
        : splitEnvironment(key, value);
  }
  return settings;
}

export interface UserFile {
  path: string;
  /** Whether it was named, so that it must be there. */
  named: boolean;
}

/** The user's own configuration: the named file, else `axoner/axoner.json` in the configuration folder. */
export function findUserFile(named: string | undefined, environment: NodeJS.ProcessEnv): UserFile {
  if (named !== undefined) return { path: resolve(named), named: true };
  const folder = environment["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return { path: join(folder, "axoner", "axoner.json"), named: false };
}

export function readUserFile({ path, named }: UserFile): Settings & { secrets: Record<string, string> } {
  const settings = readJsonFile(path, named);
  const { keys, ...options } = settings;
  if (keys !== undefined && !isStringRecord(keys))
    throw new ConfigError(`${path}: "keys" must be an object of strings`);
  const secret =
    keys !== undefined
      ? "keys"
      : options["database"] !== undefined
        ? "databases"
        : options["token"] !== undefined
          ? "a token"
          : secretStore(options);
  if (secret !== undefined && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new ConfigError(`${path} holds ${secret} but others can read it; run: chmod 600 ${path}`);
  }
  return { ...options, secrets: keys ?? {} };
}

/** A store on a server has its password in the URL. */
function secretStore({ store }: Settings): string | undefined {
  return typeof store === "string" && /^(rediss?|postgres(ql)?):/.test(store) ? "the address of a store" : undefined;
}

/** A project's own `axoner.json`. Keys it has no say in are ignored with a warning. */
export function readProjectFile(root: string, allowed: readonly string[]): Settings {
  const path = join(root, "axoner.json");
  const settings = readJsonFile(path, false);
  for (const key of Object.keys(settings).filter((name) => !allowed.includes(name))) {
    log.warn(`${path}: "${key}" is ignored; a project's file may only set ${allowed.join(", ")}`);
  }
  return Object.fromEntries(Object.entries(settings).filter(([key]) => allowed.includes(key)));
}

function readJsonFile(path: string, required: boolean): Settings {
  try {
    const value = parseJson(readFileSync(path, "utf8"), path);
    if (!isJsonObject(value)) throw new ConfigError(`${path} must hold a JSON object`);
    return value;
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown;
    if (!required && ["ENOENT", "ENOTDIR"].includes(systemErrorCode(thrown) ?? "")) return {};
    throw new ConfigError(`the configuration file ${path} cannot be read: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new ConfigError(`${where} is not JSON: ${errorMessage(thrown)}`, { cause: thrown });
  }
}

function flagOf(key: string): string {
  return key.replaceAll("_", "-");
}

/** Tool names are listed with commas; folders and files may hold commas, so their flags are repeated instead. */
function splitList(key: string, value: string): string[] {
  return key === "tools" || key === "no_tools" ? value.split(",").filter(Boolean) : [value];
}

/** A URL may hold commas: only one that begins another database divides. */
function splitEnvironment(key: string, value: string): string[] {
  return value.split(key === "database" ? /,(?=[A-Za-z_][\w-]*=(?:postgres|sqlite))/ : ",");
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === "string");
}
