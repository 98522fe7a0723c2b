import { ConfigError } from "../errors.ts";
import type { SessionStore, StoreOptions } from "./store.ts";

type Open = (url: StoreUrl, options: StoreOptions) => Promise<SessionStore>;

interface StoreUrl {
  whole: string;
  /** What follows the scheme and its colon. */
  rest: string;
}

const redis: Open = async ({ whole }, options) => (await import("./redis.ts")).openRedisStore(whole, options);
const postgres: Open = async ({ whole }, options) => (await import("./postgres.ts")).openPostgresStore(whole, options);

/** Every kind of store there is, by the scheme of its URL. A new one is a line here and a file of its own. */
const stores: Record<string, Open> = {
  file: async ({ rest }, options) => (await import("./file.ts")).openFileStore(await pathOf(rest, "file"), options),
  sqlite: async ({ rest }, options) => {
    return (await import("./sqlite.ts")).openSqliteStore(await pathOf(rest, "sqlite"), options);
  },
  redis,
  rediss: redis,
  postgres,
  postgresql: postgres,
  memory: async (_url, options) => (await import("./memory.ts")).openMemoryStore(options),
};

/**
 * Open the store that a URL names: `file:DIR`, `sqlite:FILE`, `redis://…`, `postgres://…` or `memory:`. A server is
 * reached by the first use. Nothing of the other kinds is loaded.
 *
 * @throws ConfigError for another kind of URL
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<SessionStore> {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  const open = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined;
  if (open !== undefined) return open({ whole: url, rest }, options);
  // what follows the scheme may hold a password
  const named = scheme === "" ? "the store" : `the store "${scheme}:…"`;
  const kinds = "file:DIR, sqlite:FILE, redis://…, postgres://… or memory:";
  throw new ConfigError(`${named} is of no kind that there is; --store takes ${kinds}`);
}

/** @throws ConfigError where the URL names no file or folder of this machine */
async function pathOf(rest: string, scheme: "file" | "sqlite"): Promise<string> {
  const kind = scheme === "file" ? "folder" : "file";
  if (rest === "") {
    throw new ConfigError(`the store ${scheme}: names no ${kind}; give one, e.g. --store ${scheme}:sessions`);
  }
  if (!rest.startsWith("//")) return rest;
  const { fileURLToPath } = await import("node:url");
  try {
    return fileURLToPath(`file:${rest}`);
  } catch (thrown) {
    throw new ConfigError(`the store ${scheme}:${rest} names no ${kind} of this machine`, { cause: thrown });
  }
}
