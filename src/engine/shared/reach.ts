import { connect, type Socket } from "node:net";
import { systemErrorCode } from "../../errors.ts";
import { hasSocket, readToken, type EnginePlace } from "./folder.ts";
import { greetEngine, SilentError, type Purpose } from "./handshake.ts";

/**
 * A connection to the engine of a place, which has shown that it is one and knows that we may use it.
 *
 * @returns undefined where there is none, or it is just starting or ending
 * @throws HandshakeError where something else listens; UnsafePlaceError for what others may have put there
 */
export async function reachEngine(place: EnginePlace, purpose: Purpose): Promise<Socket | undefined> {
  if (!hasSocket(place)) return undefined;
  const token = readToken(place);
  const socket = token === undefined ? undefined : await connectTo(place.socket);
  if (token === undefined || socket === undefined) return undefined;
  try {
    await greetEngine(socket, token.secret, purpose);
    return socket;
  } catch (thrown) {
    const isGone = socket.destroyed || socket.readableEnded;
    socket.destroy();
    if (thrown instanceof SilentError) await (await import("./kill-engine.ts")).killEngine(token.pid);
    else if (!isGone) throw thrown;
    return undefined;
  }
}

async function connectTo(path: string): Promise<Socket | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket | undefined>();
  const socket = connect(path);
  socket.once("connect", () => resolve(socket));
  socket.on("error", (thrown) => {
    const isNobody = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EAGAIN"].includes(systemErrorCode(thrown) ?? "");
    if (isNobody) resolve(undefined);
    else reject(thrown);
  });
  return await promise;
}
