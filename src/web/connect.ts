import { lookup, type LookupAddress } from "node:dns";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";
import type { Guard } from "./guard.ts";

const connectLimitMs = 10_000;

/**
 * A connector for undici that reaches only what the guard lets through: literals are checked first, names by all
 * their addresses, and the address that was really reached before a byte is sent. `signal` closes every socket.
 */
export function guardedConnector(guard: Guard, signal: AbortSignal): buildConnector.connector {
  return (options, callback) => {
    void callBack(connectGuarded(options, guard, signal), callback);
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

async function connectGuarded(options: buildConnector.Options, guard: Guard, signal: AbortSignal): Promise<Socket> {
  const host = options.hostname.startsWith("[") ? options.hostname.slice(1, -1) : options.hostname;
  const secure = options.protocol === "https:";
  const port = Number(options.port || (secure ? 443 : 80));
  const socket = await openGuardedSocket({ host, port }, guard, signal);
  if (!secure) return socket;
  const servername = options.servername ?? (isIP(host) === 0 ? host : "");
  // Without `host`, the certificate of an address would be held against the name "localhost".
  const secured = connectTls({ socket, host, servername, ALPNProtocols: ["h2", "http/1.1"] });
  // HTTP/2 never ends where only the socket below it does
  destroyOnAbort(secured, signal);
  return untilOpen(secured, "secureConnect");
}

/**
 * A connection to a host, by name or literal without brackets, that the guard lets through. `signal` closes it.
 *
 * @throws ToolError `blocked_address`; the error of the name server or the network
 */
export async function openGuardedSocket(
  { host, port }: { host: string; port: number },
  guard: Guard,
  signal: AbortSignal,
): Promise<Socket> {
  if (isIP(host) !== 0) guard.checkAddress(host, port, host);
  signal.throwIfAborted();
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
  const destroy = () => void socket.destroy();
  signal.addEventListener("abort", destroy, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", destroy));
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

function untilOpen<Kind extends Socket>(socket: Kind, opened: "connect" | "secureConnect"): Promise<Kind> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), connectLimitMs);
    socket.once(opened, () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Stays on: undici adds its own listener later, and an error in between must not be without one.
    socket.on("error", (cause) => {
      clearTimeout(timer);
      reject(cause);
    });
  });
}

class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
  override message = `no connection within ${connectLimitMs / 1_000} s`;
}
