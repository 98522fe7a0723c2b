import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Host } from "./host.ts";
import type { Dispatcher } from "undici";
import { once } from "./once.ts";
import type { ProxySettings } from "./web/proxies.ts";

export interface NodeHost extends Host {
  /** Close idle connections; requests in flight are cut. */
  close(): Promise<void>;
}

export interface NodeHostOptions {
  /** Default: none. */
  proxies?: ProxySettings;
}

/** The host on Node. undici is loaded by the first request. */
export function openNodeHost({ proxies }: NodeHostOptions = {}): NodeHost {
  const client = once(() => openClient(proxies));
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

// callers have deadlines of their own, and a model may think for minutes
const limits = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 15_000 } };

/** undici's own fetch, because a dispatcher of this version does not serve the one that is built into Node. */
async function openClient(settings?: ProxySettings): Promise<{ fetch: Host["fetch"]; close(): Promise<void> }> {
  const { Agent, fetch, ProxyAgent } = await import("undici");
  const agents = new Map<string, Dispatcher>();
  const choose = settings === undefined ? () => undefined : (await import("./web/proxies.ts")).openProxies(settings);

  /** Where the user has set a provider up, names are the proxy's to look up. */
  function agentFor({ hostname, port, protocol }: URL): Dispatcher {
    const secure = protocol === "https:";
    const host = hostname.replace(/^\[|\]$/g, "");
    const proxy = choose({ host, port: Number(port || (secure ? 443 : 80)), secure })?.url.href;
    const agent =
      agents.get(proxy ?? "") ??
      (proxy === undefined ? new Agent(limits) : new ProxyAgent({ ...limits, uri: proxy, proxyTunnel: true }));
    agents.set(proxy ?? "", agent);
    return agent;
  }

  return {
    fetch: (url, init) => fetch(url, { ...init, redirect: "manual", dispatcher: agentFor(new URL(url)) }),
    close: async () => void (await Promise.all([...agents.values()].map((agent) => agent.destroy()))),
  };
}
