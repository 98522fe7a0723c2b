import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, realpath, rm, rmdir, type FileHandle } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { nodeCrypto } from "../../data/node-crypto.ts";
import { AxonerError, systemErrorCode } from "../../errors.ts";

/**
 * Where an engine and its fronts meet is not theirs alone: someone else made it, or may change it. Nothing is sent and
 * nothing is believed.
 */
class UnsafePlaceError extends AxonerError {
  override name = "UnsafePlaceError";
}

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
  const digest = nodeCrypto().createHash("sha256").update(home).digest("hex").slice(0, 8);
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
export async function openFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) !== "EEXIST") throw new UnsafePlaceError(`${folder} cannot be made`, { cause: thrown });
  });
  await checkFolder(folder);
}

/** @throws UnsafePlaceError for a folder that others may change, and where there is none */
export async function checkFolder(folder: string): Promise<void> {
  const stats = await look(folder);
  if (stats === undefined) throw new UnsafePlaceError(`${folder} is not there`);
  if (stats.isSymbolicLink()) throw new UnsafePlaceError(`${folder} is a link`);
  if (!stats.isDirectory()) throw new UnsafePlaceError(`${folder} is no folder`);
  checkOwn(folder, stats);
  // /tmp is a link to root's own folder on macOS; whoever can rename the folder away can put another in its place
  const parent = await realpath(dirname(folder));
  const above = await lstat(parent);
  const isOthers = above.uid !== 0 && above.uid !== process.getuid?.();
  if (isOthers || ((above.mode & 0o022) !== 0 && (above.mode & 0o1000) === 0))
    throw new UnsafePlaceError(`others may replace what lies in ${parent}`);
}

/**
 * Whether an engine's socket is there.
 *
 * @throws UnsafePlaceError for what is no socket of this user's
 */
export async function hasSocket({ socket }: EnginePlace): Promise<boolean> {
  const stats = await look(socket);
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
export async function readToken({ token }: EnginePlace): Promise<Token | undefined> {
  const file = await openOwn(token);
  if (file === undefined) return undefined;
  try {
    const [, secret, pid] = /^([0-9a-f]{64}) (\d+)\n$/.exec(await file.readFile("utf8")) ?? [];
    return secret === undefined ? undefined : { secret: Buffer.from(secret, "hex"), pid: Number(pid) };
  } finally {
    await file.close();
  }
}

export async function writeToken({ token }: EnginePlace): Promise<Buffer> {
  const secret = nodeCrypto().randomBytes(32);
  await rm(token, { force: true });
  const file = await open(token, "wx", 0o600);
  try {
    await file.writeFile(`${secret.toString("hex")} ${process.pid}\n`);
  } finally {
    await file.close();
  }
  return secret;
}

/** Remove all that an engine leaves. Only who holds its lock may. */
export async function clearPlace(place: EnginePlace): Promise<void> {
  for (const path of [place.socket, place.token, place.log, place.lock]) await rm(path, { force: true });
  await rmdir(place.folder).catch(() => undefined); // another engine's files are in it
}

async function openOwn(path: string): Promise<FileHandle | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw new UnsafePlaceError(`${path} cannot be trusted`, { cause: thrown });
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.nlink > 1) throw new UnsafePlaceError(`${path} is no file of its own`);
    checkOwn(path, stats);
    return file;
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

function checkOwn(path: string, { uid, mode }: Stats): void {
  if (uid !== process.getuid?.()) throw new UnsafePlaceError(`${path} belongs to another user`);
  if ((mode & 0o077) !== 0) throw new UnsafePlaceError(`others may use ${path}; chmod go-rwx ${path}`);
}

async function look(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  });
}
