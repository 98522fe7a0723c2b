import { ConfigError } from "../errors.ts";
import type { SessionStore, StoreOptions } from "./store.ts";

/** Every kind of store there is, by the scheme of its URL. A new one is a line here and a file of its own. */
const stores: Record<string, (rest: string, options: StoreOptions) => Promise<SessionStore>> = {
  file: async (rest, options) => (await import("./file.ts")).openFileStore(await folderOf(rest), options),
  memory: async () => (await import("./memory.ts")).openMemoryStore(),
};

/**
 * Open the store that a URL names: `file:DIR` or `memory:`.
 *
 * @throws ConfigError for another kind of URL
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<SessionStore> {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined;
  if (open !== undefined) return open(rest, options);
  // what follows the scheme may hold a password
  const named = scheme === "" ? "the store" : `the store "${scheme}:…"`;
  throw new ConfigError(`${named} is of no kind that there is; --store takes file:DIR or memory:`);
}

async function folderOf(rest: string): Promise<string> {
  if (rest === "") throw new ConfigError("the store file: names no folder; give one, e.g. --store file:sessions");
  if (!rest.startsWith("//")) return rest;
  const { fileURLToPath } = await import("node:url");
  try {
    return fileURLToPath(`file:${rest}`);
  } catch (thrown) {
    throw new ConfigError(`the store file:${rest} names no folder of this machine`, { cause: thrown });
  }
}
