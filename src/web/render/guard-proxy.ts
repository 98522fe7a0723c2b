import { createServer, request as askServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { finished, pipeline } from "node:stream/promises";
import type { Duplex } from "node:stream";
import { ToolError } from "../../errors.ts";
import { openGuardedSocket, type Way } from "../connect.ts";
import { failureOf } from "../failure.ts";

/** The only way out of a page that runs in a browser: a proxy that reaches what the guard lets through. */
export interface GuardProxy {
  /** `http://127.0.0.1:PORT` */
  address: string;
  /** Why the last request to a host, `NAME` or `NAME:PORT` as in `URL.host`, came to nothing. */
  failure(host: string): ToolError | undefined;
  /** Close it and every connection through it. */
  close(): Promise<void>;
}

export interface GuardProxyOptions {
  way: Way;
  /** Closes every connection. */
  signal: AbortSignal;
  /** Of everything that comes in. */
  maxBytes: number;
  /** Called once when more has come; every connection is closed by then. */
  onTooMuch: () => void;
}

/** How many connections a page may hold open at a time. Browsers use six a host. */
const maxConnections = 64;

/** Pages can ask for countless hosts. */
const maxFailures = 1_000;

/** One for each page, so that its port tells whose traffic it is, and its end ends all of that. */
export async function openGuardProxy({ way, signal, maxBytes, onTooMuch }: GuardProxyOptions): Promise<GuardProxy> {
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const line: Line = { way, signal: over, failures: new Map(), count };
  let leftBytes = maxBytes;

  function count(chunk: Uint8Array): void {
    const before = leftBytes;
    leftBytes -= chunk.byteLength;
    if (before < 0 || leftBytes >= 0) return;
    ending.abort(new Error("the page has loaded too much"));
    onTooMuch();
  }

  const server = createServer((asked, answer) => void forward(asked, answer, line));
  server.maxConnections = maxConnections;
  server.on("connect", (asked: IncomingMessage, client: Duplex) => void tunnel(asked, client, line));
  server.on("upgrade", (_asked, client: Duplex) => void client.destroy());
  server.on("clientError", (_cause, client) => void client.destroy());
  const clients = new Set<Socket>();
  server.on("connection", (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    client.on("error", () => {}); // a browser breaks off whenever it likes
    if (over.aborted) client.destroy();
  });
  over.addEventListener("abort", () => clients.forEach((client) => client.destroy()), { once: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    failure: (host) => line.failures.get(host),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      ending.abort(new Error("the page is done"));
      await closed;
    },
  };
}

interface Line {
  way: Way;
  signal: AbortSignal;
  failures: Map<string, ToolError>;
  count: (chunk: Uint8Array) => void;
}

/** A plain http request, which names its whole address; anything else than a proxy's request is turned away. */
async function forward(asked: IncomingMessage, answer: ServerResponse, line: Line): Promise<void> {
  const url = URL.parse(asked.url ?? "");
  try {
    if (url === null || asked.url?.startsWith("/") === true) throw new ToolError("blocked_address", "no proxy request");
    line.way.guard.checkUrl(url);
    if (url.protocol !== "http:") throw new ToolError("blocked_address", `${url.protocol} is not for proxies`);
    const socket = await reach({ hostname: url.hostname, port: Number(url.port || 80), secure: false }, line);
    const sent = askServer({
      createConnection: () => socket,
      method: asked.method ?? "GET",
      path: `${url.pathname}${url.search}`,
      headers: { ...endToEnd(asked.headers), host: url.host, connection: "close" },
    });
    // a tunnel through another proxy is paused where its head ended
    sent.once("socket", () => void socket.resume());
    const replied = new Promise<IncomingMessage>((resolve, reject) =>
      sent.once("response", resolve).on("error", reject),
    );
    await Promise.all([pipeline(asked, sent), pass(replied, answer, line)]);
  } catch (thrown) {
    remember(thrown, url, line);
    // a reply of ours would pass for the host's
    answer.destroy();
  }
}

async function pass(replied: Promise<IncomingMessage>, answer: ServerResponse, line: Line): Promise<void> {
  const reply = await replied;
  reply.on("data", line.count);
  answer.writeHead(reply.statusCode ?? 502, { ...endToEnd(reply.headers), connection: "close" });
  await pipeline(reply, answer);
}

/** https and web sockets: bytes in both directions, of which nothing is looked at. */
async function tunnel(asked: IncomingMessage, client: Duplex, line: Line): Promise<void> {
  const url = URL.parse(`https://${asked.url ?? ""}`);
  client.on("error", () => {}); // as above
  try {
    if (url === null) throw new ToolError("blocked_address", "no host to connect to");
    line.way.guard.checkUrl(url);
    const port = /:(\d+)$/.exec(asked.url ?? "")?.[1];
    const socket = await reach({ hostname: url.hostname, port: Number(port ?? 443), secure: true }, line);
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    socket.on("data", line.count);
    await Promise.all([pipeline(client, socket), pipeline(socket, client)]);
  } catch (thrown) {
    remember(thrown, url, line);
    client.end("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n");
    await finished(client, { readable: false }).catch(() => {}); // whoever asked has gone
    client.destroy();
  }
}

interface Reached {
  hostname: string;
  port: number;
  secure: boolean;
}

async function reach({ hostname, ...how }: Reached, { way, signal }: Line): Promise<Socket> {
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  const socket = await openGuardedSocket({ host, ...how }, way, signal);
  socket.on("error", () => {}); // the streams that use it tell
  return socket;
}

/** The browser learns that it failed; why is for the error of the page. */
function remember(thrown: unknown, url: URL | null, { failures, signal }: Line): void {
  if (url === null || signal.aborted || failures.size >= maxFailures) return;
  const error = failureOf(thrown, url).error;
  failures.set(url.host, error);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopByHop = /^(?:connection|proxy-.*|keep-alive|te|trailer|transfer-encoding|upgrade|http2-settings)$/i;

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.test(name) && !named.has(name)));
}
