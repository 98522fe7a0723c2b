import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { readServerConfig } from "../config.ts";
import { ConfigError } from "../errors.ts";
import { signalCodes, withDeadline } from "../mcp/ending.ts";
import { listenHttp } from "../mcp/http.ts";
import { openProtocolServer, type ProtocolServerOptions } from "../mcp/protocol-server.ts";
import { openConfiguredFront } from "../runtime.ts";

/** How long closing may take once a signal has come. */
const closeDeadlineMs = 900;

/**
 * Serve MCP over HTTP until a signal comes: what is in flight is then stopped.
 *
 * @returns the exit code the process should end with
 * @throws ConfigError for an address that is none or in use, or that others reach while there is no token
 */
export async function serveHttp(
  argv: readonly string[],
  server: Omit<ProtocolServerOptions, "backend">,
): Promise<number> {
  const { config } = readServerConfig(argv);
  const { http: address = "", token, offer_sessions: offersSessions } = config;
  const { host, port } = readAddress(address);
  const isOpen = !isLoopback(host);
  if (isOpen && token === undefined) {
    throw new ConfigError(
      `${host} is reached from other machines: set AXONER_TOKEN to a text that only its clients know, or listen on 127.0.0.1`,
    );
  }
  if (offersSessions && token === undefined) {
    throw new ConfigError(
      "every user of this machine reaches the server, and --offer-sessions shows your conversations: set AXONER_TOKEN too",
    );
  }
  const front = await openConfiguredFront(config);
  try {
    await front.check();
    await front.definitions(); // a plugin that does not load shows now
    const endpoint = await listenHttp({
      host,
      port,
      token,
      // who has the token may use any name; without one only a page in a browser would use another
      hosts: isOpen ? undefined : [host],
      createServer: () => openProtocolServer({ ...server, backend: () => Promise.resolve(front) }),
    });
    process.stderr.write(`axoner listens on ${endpoint.url}${token === undefined ? "" : ", with a token"}\n`);
    const code = await untilSignal();
    await withDeadline(endpoint.close(), closeDeadlineMs);
    return code;
  } finally {
    await front.close();
  }
}

/** `HOST:PORT`, or a port of this machine alone. */
export function readAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits = ""] = /^(?:(?:\[([^\]]+)\]|([^:\s]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? (plain || "127.0.0.1");
  const port = Number(digits);
  if (digits !== "" && port <= 65_535 && (bracketed === undefined || isIP(bracketed) === 6)) return { host, port };
  throw new ConfigError(`--http must be HOST:PORT, such as 127.0.0.1:8765 or [::1]:8765, not "${text}"`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && ipaddr.process(host).range() === "loopback");
}

function untilSignal(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const [signal, code] of Object.entries(signalCodes)) process.once(signal, () => resolve(code));
  return promise;
}
