import { connect as connectTcp, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { errorMessage, systemErrorCode, ToolError } from "../errors.ts";
import { untilOpen } from "./until-open.ts";
import type { Proxy, ProxyTarget } from "./proxies.ts";

const answerLimitMs = 20_000;
const maxHeadBytes = 16_384;

/**
 * A connection through a proxy to an address that has been checked. The proxy is told the address and not the name: it
 * would look that up again, and a name that leads elsewhere by then would get past the guard.
 *
 * @throws ToolError `unavailable`, which names the proxy
 */
export async function openTunnel(target: ProxyTarget & { address: string }, proxy: Proxy, signal: AbortSignal) {
  const socket = await reachProxy(target, proxy);
  const destroy = () => void socket.destroy();
  signal.addEventListener("abort", destroy, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", destroy));
  if (signal.aborted) destroy();
  const { address, port } = target;
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const authorization = proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`);
  try {
    const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(await readHead(socket))?.[1]);
    if (status >= 200 && status < 300) return socket;
    throw refusalOf(target, proxy, status);
  } catch (thrown) {
    socket.destroy();
    signal.throwIfAborted();
    if (thrown instanceof ToolError) throw thrown;
    throw unavailable(target, `the proxy ${proxy.shown} closed the connection (${errorMessage(thrown)})`, thrown);
  }
}

async function reachProxy(target: ProxyTarget, { url, shown }: Proxy): Promise<Socket> {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    const what = `the proxy ${shown} speaks ${url.protocol.slice(0, -1)}, which axoner does not`;
    throw unavailable(target, `${what}; set HTTP_PROXY and HTTPS_PROXY to an http proxy`);
  }
  const secure = url.protocol === "https:";
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const port = Number(url.port || (secure ? 443 : 80));
  try {
    const socket = await untilOpen(connectTcp({ host, port, keepAlive: true, noDelay: true }), "connect");
    if (!secure) return socket;
    return await untilOpen(connectTls({ socket, host, servername: host }), "secureConnect");
  } catch (thrown) {
    const why = systemErrorCode(thrown) ?? errorMessage(thrown);
    throw unavailable(
      target,
      `the proxy ${shown} cannot be reached (${why}); check HTTP_PROXY and HTTPS_PROXY`,
      thrown,
    );
  }
}

/** What comes after the head belongs to the tunnel and is put back. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const timer = setTimeout(() => done(new Error(`no answer within ${answerLimitMs / 1_000} s`)), answerLimitMs);
    const onClose = () => done(new Error("without an answer"));
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end >= 0) return done(undefined, end);
      if (head.byteLength > maxHeadBytes) done(new Error("its answer is too long"));
    };
    function done(failure: Error | undefined, end = 0): void {
      clearTimeout(timer);
      socket.off("data", onData).off("close", onClose).off("error", done);
      socket.pause();
      if (failure !== undefined) return reject(failure);
      if (head.byteLength > end + 4) socket.unshift(head.subarray(end + 4));
      resolve(head.toString("latin1", 0, end));
    }
    socket.on("data", onData).on("close", onClose).on("error", done);
  });
}

function refusalOf(target: ProxyTarget & { address: string }, { shown }: Proxy, status: number): ToolError {
  if (status === 407)
    return unavailable(
      target,
      `the proxy ${shown} wants other credentials (407); put them into its URL, USER:PASSWORD@`,
    );
  if (Number.isNaN(status)) return unavailable(target, `the proxy ${shown} does not answer as one; check its address`);
  const advice =
    status >= 500
      ? "it could not reach the host"
      : `it must allow CONNECT to addresses on port ${target.port}, or name the host in NO_PROXY`;
  return unavailable(target, `the proxy ${shown} answered ${status} for ${target.address}:${target.port}; ${advice}`);
}

function unavailable({ host }: ProxyTarget, message: string, cause?: unknown): ToolError {
  return new ToolError("unavailable", `${host}: ${message}`, { cause });
}
