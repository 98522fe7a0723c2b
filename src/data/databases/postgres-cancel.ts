import { once } from "node:events";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";
import { log } from "../../log.ts";

/** The process that serves a connection, and the key that allows to cancel what it runs. */
export interface ServerProcess {
  processID: number;
  secretKey: number;
}

export interface CancelTarget {
  host: string;
  port: number;
  /** As the connection has it that is to be cancelled. */
  tls: false | ConnectionOptions;
}

const limitMs = 2_000;

/**
 * Ask a server to stop what a process runs; settles when the request is delivered, or could not be in time.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export async function cancelOnServer(target: CancelTarget, process: ServerProcess): Promise<void> {
  const socket = target.host.startsWith("/")
    ? connect(`${target.host}/.s.PGSQL.${target.port}`)
    : connect(target.port, target.host);
  socket.on("error", () => undefined); // told by what waits for the socket
  const limit = AbortSignal.timeout(limitMs);
  try {
    await once(socket, "connect", { signal: limit });
    const stream = target.tls === false ? socket : await encrypt(socket, target.host, target.tls, limit);
    stream.end(cancelRequest(process));
    // the server closes the connection when it has passed the request on
    stream.resume();
    await Promise.race([once(stream, "close", { signal: limit }), delay(limitMs, undefined, { ref: false })]);
  } catch (thrown) {
    log.info("a statement could not be cancelled on its server; its connection is cut instead", thrown);
  } finally {
    socket.destroy();
  }
}

async function encrypt(socket: Socket, host: string, options: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  const [reply] = (await once(socket, "data", { signal })) as [Buffer];
  if (reply.toString("latin1", 0, 1) !== "S") return socket;
  const secure = connectTls({ ...options, socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) });
  secure.on("error", () => undefined);
  await once(secure, "secureConnect", { signal });
  return secure;
}

function cancelRequest({ processID, secretKey }: ServerProcess): Buffer {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  return request;
}
