import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  lstatSync,
  open as openCallback,
  readSync,
  writeSync,
} from "node:fs";
import { lstat, mkdir, open, readdir, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { AxonerError, errorMessage, systemErrorCode } from "../errors.ts";
import { openLimit, type Limit } from "../limit.ts";
import type { Message } from "../message.ts";
import { openPositions } from "./positions.ts";
import { encodeRecord, scanRecords, type Position, type Scan } from "./record.ts";
import {
  checkSessionId,
  conflict,
  isSessionId,
  summarize,
  type Session,
  type SessionStore,
  type SessionSummary,
  type StoreOptions,
} from "./store.ts";

const suffix = ".jsonl";
/** However many sessions are saved at once. One turn of the event loop saves no more either, so fewer would be slower. */
const maxOpenFiles = 128;
/** Of as many the end is known without reading them. */
const rememberedSessions = 20_000;
const openFile = promisify(openCallback);
const syncToDisk = promisify(fdatasync);
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

/**
 * Sessions as files of a folder, one each, which several processes may write to at once. Only the owner can read
 * them. An append has been given to the system before it resolves, and survives the end of this process; with `durable`
 * it is on the disk, folder included. No file stays open between two calls, and few are open at once. The folder is on a local file system:
 * appends of several machines to one file are not atomic on NFS.
 *
 * @throws AxonerError from any method where the folder or a file cannot be read or written, or is damaged
 */
export function openFileStore(folder: string, { durable = false }: StoreOptions = {}): SessionStore {
  const directory = resolve(folder);
  const positions = openPositions(rememberedSessions);
  const limit = openLimit(maxOpenFiles);
  const limited: Limit = (work, kind) => explained(directory, () => limit(work, kind));

  const append = async (id: string, seen: number, messages: readonly Message[]): Promise<void> => {
    const path = pathOf(directory, id);
    const file = await openForAppend(path, seen === 0);
    if (file === undefined) throw conflict(id, seen, 0);
    try {
      const stats = fstatSync(file);
      const from = positions.recall(id, stats);
      const { size: sizeBytes } = stats;
      positions.remember(id, stats, await appendRecord({ id, seen, messages, file, from, sizeBytes, path, durable }));
      if (durable && sizeBytes === 0) await syncFolder(directory);
    } finally {
      closeSync(file);
    }
  };

  return {
    load: (id) => limited(() => loadSession(directory, id)),
    // what is under way before what begins: of thousands of conversations fewer are in their middle at a time
    append: (id, seen, messages) => limited(() => append(id, seen, messages), seen > 0 ? "next" : "last"),
    list: (most) => limited(() => listSessions(directory, most)),
    delete: (id) =>
      limited(async () => {
        const path = pathOf(directory, id);
        return (await unlessMissing(unlink(path).then(() => true))) ?? false;
      }),
    close: () => Promise.resolve(),
  };
}

async function loadSession(directory: string, id: string): Promise<Session | undefined> {
  const path = pathOf(directory, id);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const file = await unlessMissing(open(path, O_RDONLY | O_NOFOLLOW));
  if (file === undefined) return undefined;
  try {
    const { records } = scanRecords(await file.readFile(), { offset: 0, messageCount: 0 }, path);
    const updatedAt = records.at(-1)?.at;
    if (updatedAt === undefined) return undefined;
    return { id, messages: records.flatMap((record) => record.messages), updatedAt };
  } finally {
    await file.close();
  }
}

async function listSessions(directory: string, limit: number): Promise<SessionSummary[]> {
  const newest = (await datedIds(directory)).toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  const summaries: SessionSummary[] = [];
  for (const { id, mtimeMs } of newest) {
    if (summaries.length >= limit) break;
    try {
      const session = await loadSession(directory, id);
      if (session !== undefined) summaries.push(summarize(session));
    } catch (thrown) {
      if (!(thrown instanceof AxonerError)) throw thrown;
      const updatedAt = new Date(mtimeMs).toISOString();
      summaries.push({ id, title: "(this session is damaged)", messageCount: 0, updatedAt });
    }
  }
  return summaries;
}

async function openForAppend(path: string, isNew: boolean): Promise<number | undefined> {
  const flags = O_RDWR | O_APPEND | O_NOFOLLOW | (isNew ? O_CREAT : 0);
  const file = await unlessMissing(openFile(path, flags, 0o600));
  if (file !== undefined || !isNew) return file;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return openFile(path, flags, 0o600);
}

interface Append {
  id: string;
  seen: number;
  messages: readonly Message[];
  file: number;
  /** Where the records that are not yet known begin. */
  from: Position;
  sizeBytes: number;
  path: string;
  durable: boolean;
}

/**
 * Add a record behind the others and find out whether it stands first among those that saw as much.
 *
 * Synchronous but for the wait for the disk: a record goes to the system's memory in less time than to another thread.
 * (To make a file may wait for the disk, so opening one does not stand here.)
 */
async function appendRecord(append: Append): Promise<Position> {
  const { id, seen, messages, file, path, durable } = append;
  const writer = randomUUID();
  const text = encodeRecord({ seen, writer, at: new Date().toISOString(), messages: [...messages] });
  let scan = scanFrom(file, append.from, append);
  // more than once only where another writer is killed in the middle of a record, just before ours
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (scan.messageCount !== seen) throw conflict(id, seen, scan.messageCount);
    if (messages.length === 0) return scan.position;
    const record = Buffer.from(scan.torn ? `\n${text}` : text);
    writeSync(file, record);
    if (durable) await syncToDisk(file);
    const { size: sizeBytes } = fstatSync(file);
    const offset = scan.position.offset + record.length;
    // nothing else came between
    if (!scan.torn && sizeBytes === offset) return { offset, messageCount: seen + messages.length };
    scan = scanFrom(file, scan.position, { sizeBytes, path });
    if (scan.records.some((other) => other.writer === writer)) return scan.position;
  }
  throw new AxonerError(`${path}: a message could not be written whole; is the disk full?`);
}

/** Read what stands behind a position. */
function scanFrom(file: number, from: Position, { sizeBytes, path }: Pick<Append, "sizeBytes" | "path">): Scan {
  const bytes = Buffer.alloc(Math.max(0, sizeBytes - from.offset));
  let filled = 0;
  while (filled < bytes.length) {
    const bytesRead = readSync(file, bytes, filled, bytes.length - filled, from.offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return scanRecords(bytes.subarray(0, filled), from, path);
}

async function datedIds(directory: string): Promise<{ id: string; mtimeMs: number }[]> {
  const names = (await unlessMissing(readdir(directory))) ?? [];
  const ids = names
    .flatMap((name) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : []))
    .filter(isSessionId);
  const dated: { id: string; mtimeMs: number }[] = [];
  for (const id of ids) {
    const stats = await unlessMissing(lstat(pathOf(directory, id)));
    if (stats?.isFile()) dated.push({ id, mtimeMs: stats.mtimeMs });
  }
  return dated;
}

function pathOf(directory: string, id: string): string {
  checkSessionId(id);
  return join(directory, id + suffix);
}

async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function unlessMissing<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

/** Says in an error of the system what it was about. */
async function explained<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined || thrown instanceof AxonerError) throw thrown;
    const advice = "check its permissions and the space on the disk, or name another folder with --store";
    throw new AxonerError(`the sessions in ${directory} cannot be used: ${errorMessage(thrown)}; ${advice}`, {
      cause: thrown,
    });
  }
}
