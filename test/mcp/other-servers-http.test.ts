import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { expect, onTestFinished, test } from "vitest";
import { setLogLevel } from "../../src/log.ts";
import { openOtherServers } from "../../src/mcp/other-servers.ts";

setLogLevel("silent"); // a server that refuses is logged

/** A streamable HTTP server with sessions, which wants a token and can forget whom it knows. */
async function openHttpServer() {
  let sessions = new Map<string, StreamableHTTPServerTransport>();
  let begun = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== "Bearer t") return void response.writeHead(401).end();
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? sessions.get(id) : undefined;
    if (known !== undefined) return known.handleRequest(request, response);
    if (id !== undefined) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => `session-${++begun}`,
      onsessioninitialized: (name) => void sessions.set(name, transport),
    });
    const server = new McpServer({ name: "remote", version: "1" });
    server.registerTool("which", { description: "Which session." }, () => ({
      content: [{ type: "text", text: `session-${begun}` }],
    }));
    await server.connect(transport);
    return transport.handleRequest(request, response);
  };
  const http = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => http.closeAllConnections());
  onTestFinished(() => void http.close());
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`, forget: () => (sessions = new Map()) };
}

function connect(url: string, token: string) {
  const engine = openOtherServers({
    servers: { remote: { kind: "http", url, headers: { authorization: `Bearer ${token}` } } },
    client: { name: "test", version: "1" },
    taken: new Set(),
  });
  onTestFinished(() => engine.close());
  return () => engine.call("which", {}, { signal: new AbortController().signal, progress: () => undefined });
}

test("a server over HTTP gets the configured headers, and a session anew when it has forgotten the old one", async () => {
  const { url, forget } = await openHttpServer();
  const which = connect(url, "t");
  expect(await which()).toEqual({ ok: true, value: { text: "session-1" } });
  forget();
  expect(await which()).toEqual({ ok: true, value: { text: "session-2" } });
});

test("a token that is wrong is not told in what is said of it", async () => {
  const { url } = await openHttpServer();
  expect(JSON.stringify(await connect(url, "wrong-secret")())).not.toContain("wrong-secret");
});
