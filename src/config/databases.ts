import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { expandHome } from "./folders.ts";

/**
 * The databases of the configuration by their names. No message holds a URL, which may hold a password.
 *
 * @throws ConfigError for what is no `NAME=URL`, and for a name given twice
 */
export function readDatabases(entries: readonly string[], currentFolder: string): Record<string, string> {
  const databases: Record<string, string> = {};
  for (const entry of entries) {
    const [, name, url] = /^([A-Za-z_][\w-]{0,62})=(.+)$/s.exec(entry) ?? [];
    if (name === undefined || url === undefined)
      throw new ConfigError("--database must be NAME=URL, with a name of letters, digits, _ and -");
    if (Object.hasOwn(databases, name)) throw new ConfigError(`--database ${name} is given twice; choose another name`);
    databases[name] = readUrl(name, url, currentFolder);
  }
  return databases;
}

function readUrl(name: string, url: string, currentFolder: string): string {
  if (/^postgres(?:ql)?:\/\//i.test(url)) return url;
  const path = /^sqlite:(?:\/\/)?(.+)$/is.exec(url)?.[1];
  if (path === undefined)
    throw new ConfigError(`--database ${name}: the URL must begin with postgres://, postgresql:// or sqlite:`);
  return `sqlite:${resolve(currentFolder, expandHome(path))}`;
}
