import { onTestFinished } from "vitest";
import { openLocalEngine } from "../../src/engine/local.ts";
import { listenHttp, type HttpOptions } from "../../src/mcp/http.ts";
import { openProtocolServer } from "../../src/mcp/protocol-server.ts";
import type { Services } from "../../src/tools/services.ts";
import * as tools from "./engine-tools.ts";

/** The endpoint over tools that misbehave, on a port of its own; closed when the test is done. */
export async function startEndpoint(options: Partial<HttpOptions> = {}): Promise<string> {
  const engine = openLocalEngine({ tools: Object.values(tools), services: () => ({}) as Services });
  const endpoint = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    hosts: [],
    createServer: () =>
      openProtocolServer({
        name: "lab",
        version: "1.2.3",
        hasCatalogue: false,
        backend: () => Promise.resolve({ definitions: () => engine.definitions(), engine }),
      }),
    ...options,
  });
  onTestFinished(async () => {
    await endpoint.close();
    await engine.close();
  });
  return endpoint.url;
}

const accept = "application/json, text/event-stream";

/** Send one message as a client does. */
export function post(url: string, message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  return fetch(url, { method: "POST", headers: { "content-type": "application/json", accept, ...headers }, body });
}

export const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

/** Begin a session and give the header that continues it. */
export async function beginSession(url: string): Promise<Record<string, string>> {
  const reply = await post(url, initialize);
  await reply.text();
  return { "mcp-session-id": reply.headers.get("mcp-session-id") ?? "" };
}
