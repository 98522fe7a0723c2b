import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Host } from "./host.ts";
import { once } from "./once.ts";

export interface NodeHost extends Host {
  /** Close idle connections; requests in flight are cut. */
  close(): Promise<void>;
}

/** The host on Node. undici is loaded by the first request. */
export function openNodeHost(): NodeHost {
  const client = once(openClient);
  return {
    fetch: async (url, init) => (await client.get()).fetch(url, init),
    now: () => Date.now(),
    randomId: () => randomBytes(16).toString("hex"),
    readText: (path) => readFile(path, "utf8"),
    async close() {
      await (await client.opened())?.close();
    },
  };
}

/** undici's own fetch, because a dispatcher of this version does not serve the one that is built into Node. */
async function openClient(): Promise<{ fetch: Host["fetch"]; close(): Promise<void> }> {
  const { Agent, fetch } = await import("undici");
  // callers have deadlines of their own, and a model may think for minutes
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 15_000 } });
  return {
    fetch: (url, init) => fetch(url, { ...init, redirect: "manual", dispatcher }),
    close: () => dispatcher.destroy(),
  };
}
