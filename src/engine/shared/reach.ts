import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { promisify } from "node:util";
import { systemErrorCode } from "../../errors.ts";
import { log } from "../../log.ts";
import { hasSocket, readToken, type EnginePlace } from "./folder.ts";
import { greetEngine, SilentError, type Purpose } from "./handshake.ts";

/**
 * A connection to the engine of a place, which has shown that it is one and knows that we may use it.
 *
 * @returns undefined where there is none, or it is just starting or ending
 * @throws HandshakeError where something else listens; UnsafePlaceError for what others may have put there
 */
export async function reachEngine(place: EnginePlace, purpose: Purpose): Promise<Socket | undefined> {
  if (!(await hasSocket(place))) return undefined;
  const token = await readToken(place);
  const socket = token === undefined ? undefined : await connectTo(place.socket);
  if (token === undefined || socket === undefined) return undefined;
  try {
    await greetEngine(socket, token.secret, purpose);
    return socket;
  } catch (thrown) {
    const isGone = socket.destroyed || socket.readableEnded;
    socket.destroy();
    if (thrown instanceof SilentError) await killEngine(token.pid);
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

/** End an engine that answers nobody. Another process that has come by its id is left alone. */
export async function killEngine(pid: number): Promise<void> {
  if (!(await commandOf(pid)).includes("engine-host")) return;
  log.warn(`the shared engine (process ${pid}) answers nobody any more; it is ended, and a new one started`);
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ESRCH") throw thrown;
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === "linux") return await readFile(`/proc/${pid}/cmdline`, "utf8");
    return (await promisify(execFile)("ps", ["-o", "command=", "-p", String(pid)])).stdout;
  } catch {
    return ""; // there is no such process
  }
}
