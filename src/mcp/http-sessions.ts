import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import type { Server } from "@modelcontextprotocol/server";
import { isJsonObject } from "../message.ts";
import { refuse } from "./http-reply.ts";

export interface SessionLimits {
  /** Default 1,000. */
  maxSessions: number;
  /** A session in which nothing was asked for so long, and nothing is in flight, ends; default half an hour. */
  idleMs: number;
  /** Requests in flight at a time in one session; default 100. */
  maxInFlight: number;
}

/** The sessions of the 2025 revisions: each has a server and a transport of its own, which no other ever sees. */
export interface Sessions {
  /** Whether a session of this id is open. */
  has(id: string): boolean;
  answer(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void>;
  close(): Promise<void>;
}

interface Session {
  server: Server;
  transport: NodeStreamableHTTPServerTransport;
  /** Exchanges whose reply is not whole. */
  inFlight: number;
  usedAt: number;
}

const defaults: SessionLimits = { maxSessions: 1_000, idleMs: 30 * 60_000, maxInFlight: 100 };

export function openSessions(createServer: () => Server, limits: Partial<SessionLimits> = {}): Sessions {
  const { maxSessions, idleMs, maxInFlight } = { ...defaults, ...limits };
  const sessions = new Map<string, Session>();
  const sweeping = setInterval(() => {
    const before = performance.now() - idleMs;
    for (const session of sessions.values())
      if (session.inFlight === 0 && session.usedAt < before) void session.server.close();
  }, idleMs / 4).unref();

  const begin = async (): Promise<Session> => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
    });
    const session: Session = { server: createServer(), transport, inFlight: 0, usedAt: performance.now() };
    const onclose = () => {
      if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
    };
    Object.assign(session.server, { onclose });
    await session.server.connect(transport);
    return session;
  };

  return {
    has: (id) => sessions.has(id),
    async answer(request, response, body) {
      const id = request.headers["mcp-session-id"];
      let session = typeof id === "string" ? sessions.get(id) : undefined;
      if (id !== undefined && session === undefined) {
        return refuse(response, 404, "there is no such session, or it has ended; begin one with `initialize`");
      }
      if (session === undefined) {
        if (!isInitialize(body))
          return refuse(response, 400, "begin a session with `initialize`, and send its Mcp-Session-Id");
        if (sessions.size >= maxSessions) {
          return refuse(response, 503, `${maxSessions} sessions are open; try again later`, { "retry-after": "60" });
        }
        session = await begin();
      }
      if (session.inFlight >= maxInFlight) {
        return refuse(response, 429, `${maxInFlight} requests of the session are in flight`, { "retry-after": "1" });
      }
      await exchange(session, { request, response, body });
    },
    async close() {
      clearInterval(sweeping);
      await Promise.all([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: unknown;
}

async function exchange(session: Session, { request, response, body }: Exchange): Promise<void> {
  session.inFlight++;
  response.once("close", () => {
    session.inFlight--;
    session.usedAt = performance.now();
  });
  await session.transport.handleRequest(request, response, body);
  // an `initialize` that was refused began nothing
  if (session.transport.sessionId === undefined) await session.server.close();
}

function isInitialize(body: unknown): boolean {
  return isJsonObject(body) && body["method"] === "initialize";
}
