import { lookup, type LookupAddress } from "node:dns";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import { onAbort } from "../on-abort.ts";
import type { Guard } from "./guard.ts";
import type { ProxyChoice, ProxyTarget } from "./proxies.ts";
import { untilOpen } from "./until-open.ts";

/**
 * A connector for undici that reaches only what the guard lets through: literals are checked first, names by all
 * their addresses, and the address that was really reached before a byte is sent. `signal` closes every socket.
 */
export function guardedConnector(way: Way, signal: AbortSignal): buildConnector.connector {
  return (options, callback) => {
    void callBack(connectGuarded(options, way, signal), callback);
  };
}

async function callBack(connecting: Promise<Socket>, callback: buildConnector.Callback): Promise<void> {
  let socket: Socket;
  try {
    socket = await connecting;
  } catch (thrown) {
    return callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null);
  }
  callback(null, socket);
}

async function connectGuarded(options: buildConnector.Options, way: Way, signal: AbortSignal): Promise<Socket> {
  const host = options.hostname.startsWith("[") ? options.hostname.slice(1, -1) : options.hostname;
  const secure = options.protocol === "https:";
  const port = Number(options.port || (secure ? 443 : 80));
  const socket = await openGuardedSocket({ host, port, secure }, way, signal);
  if (!secure) return socket;
  const servername = options.servername ?? (isIP(host) === 0 ? host : "");
  // Without `host`, the certificate of an address would be held against the name "localhost".
  const secured = connectTls({ socket, host, servername, ALPNProtocols: ["h2", "http/1.1"] });
  // HTTP/2 never ends where only the socket below it does
  destroyOnAbort(secured, signal);
  return untilOpen(secured, "secureConnect");
}

/** What may be reached, and through which proxies. */
export interface Way {
  guard: Guard;
  proxies: ProxyChoice;
}

/**
 * A connection to what the guard lets through, or a tunnel there. `signal` closes it. Where there is a proxy, names are
 * looked up and checked here all the same, and the proxy is given the address.
 *
 * @throws ToolError `blocked_address`, or as `openTunnel`; the error of the name server or the network
 */
export async function openGuardedSocket(
  target: ProxyTarget,
  { guard, proxies }: Way,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port } = target;
  if (isIP(host) !== 0) guard.checkAddress(host, port, host);
  signal.throwIfAborted();
  const proxy = proxies(target);
  if (proxy !== undefined) {
    const { openTunnel } = await import("./tunnel.ts");
    return openTunnel({ ...target, address: await findAddress(target, guard) }, proxy, signal);
  }
  const socket = connectTcp({ host, port, lookup: guardedLookup(guard, port), keepAlive: true, noDelay: true });
  destroyOnAbort(socket, signal);
  await untilOpen(socket, "connect");
  try {
    guard.checkAddress(host, port, socket.remoteAddress ?? "0.0.0.0");
  } catch (refusal) {
    socket.destroy();
    throw refusal;
  }
  return socket;
}

function destroyOnAbort(socket: Socket, signal: AbortSignal): void {
  const stopListening = onAbort(signal, () => void socket.destroy());
  socket.once("close", stopListening);
}

/** An address of a host, IPv4 where there is one: not every proxy has IPv6. */
function findAddress({ host, port }: ProxyTarget, guard: Guard): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((resolve, reject) => {
    guardedLookup(guard, port)(host, { all: true }, (failure, found) => {
      const addresses = typeof found === "string" ? [] : found;
      const [address] = addresses.toSorted((one, other) => one.family - other.family);
      if (failure === null && address !== undefined) resolve(address.address);
      else reject(failure ?? new Error(`${host} has no address`));
    });
  });
}

/** As `dns.lookup`, but one address that is refused refuses the name: which one is used is the network's choice. */
function guardedLookup(guard: Guard, port: number): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (failure, addresses: LookupAddress[]) => {
      if (failure !== null) return callback(failure, "", 0);
      try {
        for (const { address } of addresses) guard.checkAddress(host, port, address);
      } catch (refusal) {
        return callback(refusal instanceof Error ? refusal : new Error(String(refusal)), "", 0);
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? "", first?.family);
    });
  };
}
