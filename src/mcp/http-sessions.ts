import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import type { Server } from "@modelcontextprotocol/server";
import { log } from "../log.ts";
import { isJsonObject } from "../message.ts";
import { refuse } from "./http-reply.ts";
import { cancelledIds, trackIds, type IdsInFlight } from "./ids-in-flight.ts";

export interface SessionLimits {
  /** Default 1,000. One more ends the one that is idle for the longest time. */
  maxSessions: number;
  /** Of them, those of one address, so that none keeps the others out; default half of them. */
  maxOfAddress: number;
  /** A session that is idle for less does not end to make room for another; default 10 seconds. */
  sparedMs: number;
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
  ids: IdsInFlight;
  /** Who began it. */
  address: string;
}

const defaults = { maxSessions: 1_000, sparedMs: 10_000, idleMs: 30 * 60_000, maxInFlight: 100 };

export function openSessions(create: () => Server, limits: Partial<SessionLimits> = {}): Sessions {
  const { maxSessions, sparedMs, idleMs, maxInFlight } = { ...defaults, ...limits };
  const { maxOfAddress = Math.ceil(maxSessions / 2) } = limits;
  const sessions = new Map<string, Session>();
  /** Those that are about to begin too. */
  const open = new Set<Session>();
  const sweeping = setInterval(() => {
    for (const session of sessions.values()) if (idleFor(session) > idleMs) void end(session);
  }, idleMs / 4).unref();

  const makeRoom = (address: string): boolean => {
    const { isRoom, longest } = roomFor(address, open, { maxSessions, maxOfAddress, sparedMs });
    if (longest === undefined) return isRoom;
    open.delete(longest);
    sessions.delete(longest.transport.sessionId ?? "");
    void end(longest);
    return true;
  };

  const begin = (address: string): Promise<Session> => {
    const session = newSession(create(), address, (id) => sessions.set(id, session));
    open.add(session);
    return connect(session, () => {
      open.delete(session);
      sessions.delete(session.transport.sessionId ?? "");
    });
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
        const address = request.socket.remoteAddress ?? "";
        if (!makeRoom(address)) {
          const message = `${maxSessions} sessions are open, or ${maxOfAddress} of your address; end one, or try again later`;
          return refuse(response, 503, message, { "retry-after": "60" });
        }
        session = await begin(address);
      }
      if (session.inFlight >= maxInFlight) {
        return refuse(response, 429, `${maxInFlight} requests of the session are in flight`, { "retry-after": "1" });
      }
      await exchange(session, { request, response, body });
    },
    async close() {
      clearInterval(sweeping);
      await Promise.all([...open].map(end));
    },
  };
}

function newSession(server: Server, address: string, onBegun: (id: string) => unknown): Session {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void onBegun(id),
  });
  return { server, transport, inFlight: 0, usedAt: performance.now(), ids: trackIds(), address };
}

async function connect(session: Session, onclose: () => void): Promise<Session> {
  const { server, transport, ids } = session;
  Object.assign(server, { onclose });
  await server.connect(transport);
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    ids.answered(message);
    return send(message, options);
  };
  return session;
}

type Room = Pick<SessionLimits, "maxSessions" | "maxOfAddress" | "sparedMs">;

/** Whether there is room for one more of an address; if there is not, the one that may end for it. */
function roomFor(address: string, open: ReadonlySet<Session>, { maxSessions, maxOfAddress, sparedMs }: Room) {
  const own = [...open].filter((session) => session.address === address);
  const isRoom = own.length < maxOfAddress && open.size < maxSessions;
  const ending = own.length >= maxOfAddress ? own : [...open];
  const longest = isRoom ? undefined : ending.toSorted((one, other) => idleFor(other) - idleFor(one))[0];
  const mayEnd = longest !== undefined && idleFor(longest) > sparedMs;
  return { isRoom, longest: mayEnd ? longest : undefined };
}

/** Milliseconds; 0 for one that has not begun, or in which something is in flight. */
function idleFor({ inFlight, transport, usedAt }: Session): number {
  return inFlight === 0 && transport.sessionId !== undefined ? performance.now() - usedAt : 0;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: unknown;
}

async function exchange(session: Session, { request, response, body }: Exchange): Promise<void> {
  const inUse = session.ids.take(body);
  if (inUse !== undefined) {
    const id = JSON.stringify(inUse).slice(0, 100);
    return refuse(response, 400, `the id ${id} is in use by a request in flight; give each request another`);
  }
  session.inFlight++;
  response.once("close", () => {
    session.inFlight--;
    session.usedAt = performance.now();
    if (response.statusCode >= 400) session.ids.release(body);
  });
  try {
    await session.transport.handleRequest(request, response, body);
    // nothing answers what was cancelled: its reply ends empty
    for (const id of cancelledIds(body)) session.transport.closeSSEStream(id);
  } finally {
    // an `initialize` that was refused began nothing
    if (session.transport.sessionId === undefined) await end(session);
  }
}

function end({ server }: Session): Promise<void> {
  return server.close().catch((thrown: unknown) => log.error("a session over HTTP did not end in order", thrown));
}

function isInitialize(body: unknown): boolean {
  return isJsonObject(body) && body["method"] === "initialize";
}
