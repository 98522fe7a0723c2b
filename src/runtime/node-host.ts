import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Host } from "../host.ts";
import type { Dispatcher } from "undici";
import { ProviderError, ToolError } from "../errors.ts";
import { once } from "../once.ts";
import { version } from "../version.ts";
import type { Tape } from "../recording/tape.ts";
import type { ProxySettings } from "../web/proxies.ts";

export interface NodeHost extends Host {
  /** Close idle connections; requests in flight are cut. */
  close(): Promise<void>;
}

export interface NodeHostOptions {
  /** Default: none. */
  proxies?: ProxySettings;
  /** What `openRecording` gave: requests are recorded, or answered from it. Default: neither. */
  recording?: Tape | undefined;
}

/** The host on Node. undici is loaded by the first request. */
export function openNodeHost({ proxies, recording }: NodeHostOptions = {}): NodeHost {
  const client = once(() => openClient(proxies, recording));
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

async function openClient(
  proxies: ProxySettings | undefined,
  recording: Tape | undefined,
): Promise<{ fetch: Host["fetch"]; close(): Promise<void> }> {
  const [{ default: Agent }, { exchange }] = await Promise.all([
    import("undici/lib/dispatcher/agent.js"),
    import("./exchange.ts"),
  ]);
  const direct = new Agent(limits);
  const isProxied = proxies?.http !== undefined || proxies?.https !== undefined;
  const proxied = isProxied ? await openProxyAgents(proxies) : undefined;
  return {
    fetch(address, { headers, ...init }) {
      const url = new URL(address);
      const agent = proxied?.agentFor(url) ?? direct;
      const client = recording?.root.client(agent, undefined) ?? agent;
      const reply = exchange(client, url, { headers: { "user-agent": `axoner/${version}`, ...headers }, ...init });
      return recording === undefined ? reply : reply.catch(toFinal);
    },
    close: async () => void (await Promise.all([direct.destroy(), proxied?.close()])),
  };
}

/** What is not in a recording will not be there if it is asked for again. */
function toFinal(thrown: unknown): never {
  if (thrown instanceof ToolError) throw new ProviderError(thrown.message, { retryable: false, cause: thrown });
  throw thrown;
}

async function openProxyAgents(settings: ProxySettings) {
  // the whole of it: its index gives the clients what the agent opens tunnels with
  const [{ ProxyAgent }, { openProxies }] = await Promise.all([import("undici"), import("../web/proxies.ts")]);
  const choose = openProxies(settings);
  const agents = new Map<string, Dispatcher>();
  return {
    /** Where the user has set a provider up, names are the proxy's to look up. Undefined for what is asked directly. */
    agentFor({ hostname, port, protocol }: URL): Dispatcher | undefined {
      const secure = protocol === "https:";
      const host = hostname.replace(/^\[|\]$/g, "");
      const uri = choose({ host, port: Number(port || (secure ? 443 : 80)), secure })?.url.href;
      if (uri === undefined) return undefined;
      const agent = agents.get(uri) ?? new ProxyAgent({ ...limits, uri, proxyTunnel: true });
      agents.set(uri, agent);
      return agent;
    },
    close: () => Promise.all([...agents.values()].map((agent) => agent.destroy())),
  };
}
