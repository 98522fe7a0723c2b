import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { refuse } from "./http-reply.ts";

export interface GateOptions {
  /** What a client must show as its bearer token; undefined for none. */
  token?: string | undefined;
  /** The names under which clients reach the server, besides those of this machine; undefined for any. */
  hosts: readonly string[] | undefined;
  /** How many requests an address may send in a second, and ten times as many at once; default 1,000. */
  requestsPerSecond?: number;
}

/** What stands before the protocol: who may ask at all. */
export interface Gate {
  /** Whether a request may go on; one that may not is answered. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
}

const ownNames = ["localhost", "127.0.0.1", "[::1]"];
/** Wrong tokens count this much, so that guessing is slow. */
const guessCost = 100;
const maxAddresses = 10_000;

/**
 * Checks the `Host` and `Origin` of a request, so that no page in a browser reaches the server under a name of its own
 * (DNS rebinding), its token, and how many requests its address sends.
 */
export function openGate({ token, hosts, requestsPerSecond = 1_000 }: GateOptions): Gate {
  const wanted = token === undefined ? undefined : digest(token);
  const names = hosts === undefined ? undefined : new Set([...ownNames, ...hosts]);
  const allowance = openAllowance(requestsPerSecond);

  return {
    admits(request, response) {
      const { authorization = "", host = "", origin } = request.headers;
      const address = request.socket.remoteAddress ?? "";
      const waitS = allowance.take(address, 1);
      if (waitS > 0) {
        refuse(response, 429, `too many requests; try again in ${waitS} s`, { "retry-after": String(waitS) });
        return false;
      }
      if (names !== undefined && !names.has(nameOf(host))) {
        refuse(response, 403, `the server is not reached as ${JSON.stringify(host.slice(0, 100))}`);
        return false;
      }
      if (origin !== undefined && !isOwnOrigin(origin)) {
        refuse(response, 403, `requests of pages from ${JSON.stringify(origin.slice(0, 100))} are not answered`);
        return false;
      }
      if (origin !== undefined) letPageRead(response, origin);
      if (origin !== undefined && request.method === "OPTIONS") {
        response.writeHead(204, preflight).end(); // a browser asks it without the token
        return false;
      }
      if (wanted === undefined || timingSafeEqual(wanted, digest(/^Bearer +(.+)$/i.exec(authorization)?.[1] ?? "")))
        return true;
      allowance.take(address, guessCost);
      const head = { "www-authenticate": 'Bearer realm="axoner"' };
      refuse(response, 401, "the server needs a token: send it as `Authorization: Bearer TOKEN`", head);
      return false;
    },
  };
}

/** What a browser may send for a page, as https://fetch.spec.whatwg.org/#http-cors-protocol has it. */
const preflight = {
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-allow-headers":
    "authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id",
  "access-control-max-age": "600",
};

/** Let the page's browser show it the answer. */
function letPageRead(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "mcp-session-id, retry-after, www-authenticate");
  response.setHeader("vary", "origin");
}

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** A host without its port. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

function isOwnOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && ownNames.includes(url.hostname);
}

/** A bucket of requests for each address, filled again by time. */
function openAllowance(perSecond: number): { take(address: string, count: number): number } {
  const most = perSecond * 10;
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    /** @returns 0, or for how many seconds the address is to wait */
    take(address, count) {
      const now = performance.now();
      const { left, at } = buckets.get(address) ?? { left: most, at: now };
      const filled = Math.min(most, left + ((now - at) / 1_000) * perSecond);
      buckets.delete(address); // and in again: the first is the one that was not seen for the longest time
      buckets.set(address, { left: Math.max(filled - count, -most), at: now });
      const oldest = buckets.keys().next();
      if (buckets.size > maxAddresses && oldest.done !== true) buckets.delete(oldest.value);
      return filled >= count ? 0 : Math.ceil((count - filled) / perSecond);
    },
  };
}
