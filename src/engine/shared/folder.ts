import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { nodeCrypto } from "../../data/node-crypto.ts";
import { AxonerError, systemErrorCode } from "../../errors.ts";
import { sha256 } from "./digest.ts";

/**
 * Where an engine and its fronts meet is not theirs alone: someone else made it, or may change it. Nothing is sent and
 * nothing is believed.
 */
class UnsafePlaceError extends AxonerError {
  override name = "UnsafePlaceError";
}

/*
 * All of it waits for the disk: a server's first call looks at six of these small files, which takes 0.1 ms, and 2 ms by
 * way of the thread pool.
 */

/** The files of one engine. */
export interface EnginePlace {
  folder: string;
  /** What all its files are named after. */
  name: string;
  socket: string;
  /** What both ends prove to each other that they have read. */
  token: string;
  /** Held by the engine for as long as it lives. */
  lock: string;
  /** Made by the front that starts the engine. */
  starting: string;
  /** What the engine and its tools print. */
  log: string;
}

/**
 * The folder of this user's engines. Clients pass their servers six variables, none of them a folder to run in, and the
 * path of a socket may have 103 bytes: so it is short, the same for everyone of a user and home, and known without asking.
 */
export function engineFolder(home = homedir()): string {
  const digest = sha256(Buffer.from(home)).toString("hex").slice(0, 8);
  return `/tmp/axoner-${process.getuid?.() ?? 0}-${digest}`;
}

export function placeOf(folder: string, name: string): EnginePlace {
  const file = (extension: string) => join(folder, `${name}.${extension}`);
  return {
    folder,
    name,
    socket: file("sock"),
    token: file("token"),
    lock: file("lock"),
    starting: file("start"),
    log: file("log"),
  };
}

/**
 * Make the folder where it is not there, and see that it is a folder, no link, and this user's alone.
 *
 * @throws UnsafePlaceError
 */
export function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EEXIST") throw new UnsafePlaceError(`${folder} cannot be made`, { cause: thrown });
  }
  checkFolder(folder);
}

/** @throws UnsafePlaceError for a folder that others may change, and where there is none */
export function checkFolder(folder: string): void {
  const stats = look(folder);
  if (stats === undefined) throw new UnsafePlaceError(`${folder} is not there`);
  if (stats.isSymbolicLink()) throw new UnsafePlaceError(`${folder} is a link`);
  if (!stats.isDirectory()) throw new UnsafePlaceError(`${folder} is no folder`);
  checkOwn(folder, stats);
  // /tmp is a link to root's own folder on macOS; whoever can rename the folder away can put another in its place
  const parent = realpathSync.native(dirname(folder));
  const above = lstatSync(parent);
  const isOthers = above.uid !== 0 && above.uid !== process.getuid?.();
  if (isOthers || ((above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0))
    throw new UnsafePlaceError(`others may replace what lies in ${parent}`);
}

/**
 * Whether an engine's socket is there.
 *
 * @throws UnsafePlaceError for what is no socket of this user's
 */
export function hasSocket({ socket }: EnginePlace): boolean {
  const stats = look(socket);
  if (stats === undefined) return false;
  if (!stats.isSocket()) throw new UnsafePlaceError(`${socket} is no socket`);
  if (stats.uid !== process.getuid?.()) throw new UnsafePlaceError(`${socket} belongs to another user`);
  return true;
}

/** What an engine leaves in its folder for its fronts. */
export interface Token {
  secret: Buffer;
  /** The engine's process. */
  pid: number;
}

/**
 * @returns undefined where there is none, or it is just being written
 * @throws UnsafePlaceError for a file that others could read or have written
 */
export function readToken({ token }: EnginePlace): Token | undefined {
  const file = openOwn(token);
  if (file === undefined) return undefined;
  try {
    const [, secret, pid] = /^([0-9a-f]{64}) (\d+)\n$/.exec(readFileSync(file, "utf8")) ?? [];
    return secret === undefined ? undefined : { secret: Buffer.from(secret, "hex"), pid: Number(pid) };
  } finally {
    closeSync(file);
  }
}

export function writeToken({ token }: EnginePlace): Buffer {
  const secret = nodeCrypto().randomBytes(32);
  rmSync(token, { force: true });
  writeFileSync(token, `${secret.toString("hex")} ${process.pid}\n`, { flag: "wx", mode: 0o600 });
  return secret;
}

/** Remove all that an engine leaves. Only who holds its lock may. */
export function clearPlace(place: EnginePlace): void {
  for (const path of [place.socket, place.token, place.log, place.lock]) rmSync(path, { force: true });
  try {
    rmdirSync(place.folder);
  } catch {
    // another engine's files are in it
  }
}

/** A descriptor. */
function openOwn(path: string): number | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw new UnsafePlaceError(`${path} cannot be trusted`, { cause: thrown });
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.nlink > 1) throw new UnsafePlaceError(`${path} is no file of its own`);
    checkOwn(path, stats);
    return file;
  } catch (thrown) {
    closeSync(file);
    throw thrown;
  }
}

function checkOwn(path: string, { uid, mode }: Stats): void {
  if (uid !== process.getuid?.()) throw new UnsafePlaceError(`${path} belongs to another user`);
  if ((mode & 0o077) !== 0) throw new UnsafePlaceError(`others may use ${path}; chmod go-rwx ${path}`);
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
