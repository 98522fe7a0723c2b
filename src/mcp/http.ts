import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import { classifyInboundRequest, createMcpHandler, type Server } from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { ConfigError, errorMessage } from "../errors.ts";
import { log } from "../log.ts";
import { openGate, type GateOptions } from "./http-gate.ts";
import { openSessions, type SessionLimits, type Sessions } from "./http-sessions.ts";
import { readBody } from "./http-body.ts";
import { refuse, sendJson } from "./http-reply.ts";
import { maxMessageBytes } from "./stdio.ts";

export interface HttpOptions extends GateOptions {
  host: string;
  /** 0 for any that is free. */
  port: number;
  /** A server of its own for every session of the 2025 revisions and every request of the 2026 one. */
  createServer: () => Server;
  limits?: Partial<SessionLimits>;
  /** The head of a request must have come whole in this time; default 10 seconds. */
  headTimeoutMs?: number;
}

export interface HttpEndpoint {
  /** Where it listens, e.g. `http://127.0.0.1:8765/mcp`. */
  url: string;
  /** Take no more requests, cancel those in flight, and close every connection. */
  close(): Promise<void>;
}

/** A request must have come whole in this time, its head and its body. */
const requestTimeoutMs = 30_000;
/** How late the end of such a time is noticed. */
const checkingIntervalMs = 1_000;
const maxHeadBytes = 16 * 1024;

/**
 * Serve MCP over streamable HTTP: the 2025 revisions with a session each, the 2026 revision request by request.
 *
 * @throws ConfigError where it cannot listen
 */
export async function listenHttp({
  host,
  port,
  createServer: open,
  limits,
  headTimeoutMs = 10_000,
  ...options
}: HttpOptions): Promise<HttpEndpoint> {
  const gate = openGate(options);
  const sessions = openSessions(open, limits);
  const onerror = (error: Error) => log.debug(`over HTTP: ${error.message}`);
  const modern = createMcpHandler(open, { legacy: "reject", onerror });
  const answerModern = toNodeHandler(modern, { onerror });

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "/").split("?", 1)[0];
    const { method = "" } = request;
    if (path === "/health" && /^(?:GET|HEAD)$/.test(method)) return sendJson(response, 200, { status: "ok" });
    if (!gate.admits(request, response)) return;
    const allowed = path === "/mcp" ? "GET, POST, DELETE" : path === "/health" ? "GET, HEAD" : undefined;
    if (allowed === undefined) return refuse(response, 404, "there is nothing here; MCP is served at /mcp");
    if (!allowed.split(", ").includes(method)) {
      return refuse(response, 405, `${path} takes ${allowed} alone`, { allow: allowed });
    }
    if (method !== "POST") return sessions.answer(request, response, undefined);
    const body = await readBody(request, response, maxMessageBytes);
    if (body === undefined) return;
    const whole = Object.assign(request, { method: "POST", url: request.url ?? "/" });
    await (isInSession(whole, sessions) || isOf2025(whole, body.value)
      ? sessions.answer(whole, response, body.value)
      : answerModern(whole, response, body.value));
  };

  const server = createServer({
    headersTimeout: headTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkingIntervalMs,
    maxHeaderSize: maxHeadBytes,
  });
  server.on("request", (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      log.error("a request over HTTP failed", thrown);
      refuse(response, 500, "the request failed; the server's log says why");
    });
  });
  await listen(server, host, port);
  return {
    url: urlOf(server, host),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([sessions.close(), modern.close()]);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Most requests: what their era is needs no look at the body, which costs the SDK as much as all that is ours. */
function isInSession({ headers }: IncomingMessage, sessions: Sessions): boolean {
  const [id, version = "2025"] = [headers["mcp-session-id"], headers["mcp-protocol-version"]?.toString()];
  return typeof id === "string" && /^202[45]\b/.test(version) && sessions.has(id);
}

/** By what the SDK decides it by, without the web request that it would make for that alone. */
function isOf2025({ headers }: IncomingMessage, body: unknown): boolean {
  const [version, method, name] = ["mcp-protocol-version", "mcp-method", "mcp-name"].map((key) =>
    headers[key]?.toString(),
  );
  const { kind } = classifyInboundRequest({
    httpMethod: "POST",
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
    ...(method === undefined ? {} : { mcpMethodHeader: method }),
    ...(name === undefined ? {} : { mcpNameHeader: name }),
    body,
  });
  return kind === "legacy";
}

function listen(server: HttpServer, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (thrown) =>
    reject(new ConfigError(`cannot listen on ${host}:${port}: ${errorMessage(thrown)}`, { cause: thrown })),
  );
  server.listen(port, host, resolve);
  return promise;
}

function urlOf(server: HttpServer, host: string): string {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}/mcp`;
}
