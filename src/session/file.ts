import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AxonerError, errorMessage, systemErrorCode } from "../errors.ts";
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
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

/**
 * Sessions as files of a folder, one each, which several processes may write to at once. Only the owner can read
 * them. An append is on disk before it resolves; `durable` also syncs the folder when a file is made. The folder is
 * on a local file system: appends of several machines to one file are not atomic on NFS.
 *
 * @throws AxonerError from any method where the folder or a file cannot be read or written, or is damaged
 */
export function openFileStore(folder: string, { durable = false }: StoreOptions = {}): SessionStore {
  const directory = resolve(folder);
  const positions = openPositions(1_000);

  const append = async (id: string, seen: number, messages: readonly Message[]): Promise<void> => {
    const path = pathOf(directory, id);
    const file = await openForAppend(path, seen === 0);
    if (file === undefined) throw conflict(id, seen, 0);
    try {
      const stats = await file.stat();
      const from = positions.recall(id, stats);
      positions.remember(id, stats, await appendRecord({ id, seen, messages, file, from, path }));
      if (durable && stats.size === 0) await syncFolder(directory);
    } finally {
      await file.close();
    }
  };

  return {
    load: (id) => explained(directory, () => loadSession(directory, id)),
    append: (id, seen, messages) => explained(directory, () => append(id, seen, messages)),
    list: (limit) => explained(directory, () => listSessions(directory, limit)),
    delete: (id) =>
      explained(directory, async () => {
        const path = pathOf(directory, id);
        return (await unlessMissing(unlink(path).then(() => true))) ?? false;
      }),
    close: () => Promise.resolve(),
  };
}

async function loadSession(directory: string, id: string): Promise<Session | undefined> {
  const path = pathOf(directory, id);
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

async function openForAppend(path: string, isNew: boolean): Promise<FileHandle | undefined> {
  const flags = O_RDWR | O_APPEND | O_NOFOLLOW | (isNew ? O_CREAT : 0);
  const file = await unlessMissing(open(path, flags, 0o600));
  if (file !== undefined || !isNew) return file;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, flags, 0o600);
}

interface Append {
  id: string;
  seen: number;
  messages: readonly Message[];
  file: FileHandle;
  /** Where the records that are not yet known begin. */
  from: Position;
  path: string;
}

/** Add a record behind the others and find out whether it stands first among those that saw as much. */
async function appendRecord({ id, seen, messages, file, from, path }: Append): Promise<Position> {
  const writer = randomBytes(8).toString("hex");
  const record = { seen, writer, at: new Date().toISOString(), messages: [...messages] };
  let scan = await scanFrom(file, from, path);
  // more than once only where another writer is killed in the middle of a record, just before ours
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (scan.messageCount !== seen) throw conflict(id, seen, scan.messageCount);
    if (messages.length === 0) return scan.position;
    await file.write(Buffer.from((scan.torn ? "\n" : "") + encodeRecord(record)));
    await file.datasync();
    scan = await scanFrom(file, scan.position, path);
    if (scan.records.some((other) => other.writer === writer)) return scan.position;
  }
  throw new AxonerError(`${path}: a message could not be written whole; is the disk full?`);
}

async function scanFrom(file: FileHandle, from: Position, path: string): Promise<Scan> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(Math.max(0, size - from.offset));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from.offset + filled);
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
