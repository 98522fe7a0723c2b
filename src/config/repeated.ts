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
 * @throws ConfigError for an address with a password, which a list of processes would show
 */
export function repeatOptions({ settings, configFile }: CommandLine, folder: string): string[] {
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

function withoutPassword(flag: string, value: string): string {
  if (!/:\/\/[^/@]*:[^/@]+@/.test(value)) return value;
  throw new ConfigError(
    `${flag} has a password in it, which others could read in the client's settings; put it into ~/.config/axoner/axoner.json instead`,
  );
}
