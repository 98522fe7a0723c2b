import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { expandHome } from "./folders.ts";
import type { CommandLine } from "./sources.ts";

const paths: ReadonlySet<string> = new Set([
  "root",
  "workspace",
  "allow_write",
  "plugin",
  "mcp_config",
  "browser",
  "config",
]);

/**
 * The options of a command line as another start needs them, whatever folder that begins in: with absolute paths.
 *
 * @param folder what relative paths are relative to
 * @throws ConfigError for an address with a password, which a list of processes would show, and for a server over HTTP
 */
export function repeatOptions({ settings, configFile }: CommandLine, folder: string): string[] {
  rejectHttp(settings);
  const all = { ...settings, ...(configFile === undefined ? {} : { config: configFile }) };
  return Object.entries(all).flatMap(([key, value]) => {
    if (key === "record" || key === "replay") return []; // of one start, not of every one
    const flag = `--${key.replaceAll("_", "-")}`;
    if (typeof value === "boolean") return value ? [flag] : [];
    const values = [value].flat().map(String);
    if (key === "tools" || key === "no_tools") return [flag, values.join(",")];
    return values.flatMap((one) => [flag, absolute(key, withoutPassword(flag, one), folder)]);
  });
}

function absolute(key: string, value: string, folder: string): string {
  if (paths.has(key)) return resolve(folder, expandHome(value));
  const [, before, path = ""] =
    (key === "store"
      ? /^((?:file|sqlite):(?:\/\/)?)(.+)$/s
      : key === "database"
        ? /^([^=]+=sqlite:)(.+)$/s
        : /$^/
    ).exec(value) ?? [];
  return before === undefined ? value : before + resolve(folder, expandHome(path));
}

const inFile = "put it into ~/.config/axoner/axoner.json instead, which the server reads wherever it is started";

function withoutPassword(flag: string, value: string): string {
  if (!hasPassword(value)) return value;
  throw new ConfigError(`${flag} has a password in it, which others could read in the client's settings; ${inFile}`);
}

/** An address of the web is taken apart as that; in one of a database a password may hold what ends a host elsewhere. */
function hasPassword(value: string): boolean {
  if (!value.includes("://")) return false;
  const web = /^https?:/i.test(value) ? URL.parse(value) : null;
  const hasUser = web === null ? /:\/\/[^@]*:[^@]+@/.test(value) : web.username !== "" || web.password !== "";
  const [, query = ""] = /\?(.*)$/s.exec(value) ?? [];
  return hasUser || [...new URLSearchParams(query)].some(([name, text]) => text !== "" && isSecret(name));
}

/** The names that databases and providers have for it; `sslkey` and `passfile` are names of files. */
function isSecret(name: string): boolean {
  return /(pass(word|wd|phrase)?|pwd|secret|token|(^|[-_.])(key|sig|auth)|apikey|signature)$/i.test(name);
}

/** Clients start the server over stdio. */
function rejectHttp({ http, token }: CommandLine["settings"]): void {
  if (http !== undefined) {
    throw new ConfigError(
      `--http is for a server that you start, with axoner mcp --http ${String(http)}; the client is then given its address. Leave it out, and the client starts one of its own`,
    );
  }
  if (token === undefined) return;
  throw new ConfigError("--token is for HTTP, and the client starts the server without it; leave it out");
}
