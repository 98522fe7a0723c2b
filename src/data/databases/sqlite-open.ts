import {
  constants,
  copyFileSync,
  openSync,
  closeSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { systemErrorCode, ToolError } from "../../errors.ts";
import { openWorkspace } from "../workspace.ts";
import { sqliteCode } from "./sqlite-errors.ts";
import type { SqliteFile, SqliteJob } from "./sqlite-wire.ts";

export interface OpenSqlite {
  database: DatabaseSync;
  /** To be called after the last row. @throws ToolError where the rows are not of one state of the database */
  verify(): void;
  close(): void;
}

/**
 * Open a database without writing beside it.
 *
 * A database with a rollback journal is read under SQLite's own locks. One with a write-ahead log is read through its
 * log while a program has it open. At rest, SQLite would make a log beside it: it is read as it lies then, and whether
 * it changed meanwhile is seen from outside. With a log but without its index, or in a folder that cannot be written,
 * SQLite could read it only by making the index: that happens beside a copy.
 */
export async function openSqlite({ file, workspace, memoryLimitMb }: SqliteJob): Promise<OpenSqlite> {
  const { DatabaseSync } = await import("node:sqlite");
  const open = (path: string, options: OpenOptions) => openLocked(DatabaseSync, path, { ...options, memoryLimitMb });
  const hasLog = stateOf(`${file.path}-wal`).sizeBytes > 0n;
  const isOpened = stateOf(`${file.path}-shm`).sizeBytes > 0n;
  if (file.isWal && !hasLog) return openAtRest(file, open);
  if (file.isWal && !isOpened) return await openCopy(file, workspace, open);
  try {
    const database = open(file.path, { isImmutable: false, isOurs: false });
    checkIdentity(file, database);
    return { database, verify: () => undefined, close: () => database.close() };
  } catch (thrown) {
    if (!file.isWal || !walUnreadable.has(sqliteCode(thrown) ?? 0)) throw thrown;
    return await openCopy(file, workspace, open);
  }
}

/** The index of a write-ahead log can be neither read nor made. */
const walUnreadable = new Set([8, 14, 264, 520, 1_288, 1_294]);

type Open = (path: string, options: OpenOptions) => DatabaseSync;

interface OpenOptions {
  /** Read the file as it lies, without locks and journals. */
  isImmutable: boolean;
  /** A copy of ours, in which SQLite may do what it must before it reads. */
  isOurs: boolean;
}

const busyMs = 3_000;

function openLocked(
  Database: typeof DatabaseSync,
  path: string,
  { isImmutable, isOurs, memoryLimitMb }: OpenOptions & { memoryLimitMb: number },
): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("mode", isOurs ? "rw" : "ro");
  if (isImmutable) url.searchParams.set("immutable", "1");
  const database = new Database(url, { readOnly: !isOurs, timeout: busyMs, allowExtension: false, defensive: true });
  try {
    database.exec(
      `PRAGMA trusted_schema = 0; PRAGMA cell_size_check = 1; PRAGMA temp_store = 2; PRAGMA hard_heap_limit = ${memoryLimitMb * 1024 ** 2}; PRAGMA query_only = 1`,
    );
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function openAtRest(file: SqliteFile, open: Open): OpenSqlite {
  const before = stateOf(file.path);
  const database = open(file.path, { isImmutable: true, isOurs: false });
  checkIdentity(file, database);
  return {
    database,
    verify() {
      if (!isSame(before, stateOf(file.path))) throw changed(file);
    },
    close: () => database.close(),
  };
}

async function openCopy(file: SqliteFile, workspacePath: string, open: Open): Promise<OpenSqlite> {
  const workspace = openWorkspace(workspacePath);
  await workspace.folder("tmp");
  const folder = workspace.temporaryName("");
  try {
    mkdirSync(folder, { mode: 0o700 });
    const copy = join(folder, "copy.db");
    const states = () => [stateOf(file.path), stateOf(`${file.path}-wal`)] as const;
    const before = states();
    copyRegular(file.path, copy, file);
    copyRegular(`${file.path}-wal`, `${copy}-wal`, undefined);
    if (states().some((state, index) => !isSame(state, before[index]))) throw changed(file);
    const database = open(copy, { isImmutable: false, isOurs: true });
    return { database, verify: () => undefined, close: () => closeCopy(database, folder) };
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
}

function closeCopy(database: DatabaseSync, folder: string): void {
  database.close();
  rmSync(folder, { recursive: true, force: true });
}

/** Copies share their blocks with the original where the file system can do that. */
function copyRegular(from: string, to: string, expected: SqliteFile | undefined): void {
  const descriptor = openSync(from, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(descriptor);
    const isOther = expected !== undefined && (found.dev !== expected.device || found.ino !== expected.inode);
    if (!found.isFile() || isOther) throw swapped(from);
    const source = process.platform === "linux" ? `/proc/self/fd/${descriptor}` : from;
    copyFileSync(source, to, constants.COPYFILE_FICLONE);
  } finally {
    closeSync(descriptor);
  }
}

/** What SQLite opened is what was looked at, whoever swaps a part of the path meanwhile. */
function checkIdentity({ path, device, inode }: SqliteFile, database: DatabaseSync): void {
  const isRight = (found: { dev: number; ino: number } | undefined) => found?.dev === device && found.ino === inode;
  const opened =
    process.platform === "linux" ? openDescriptors(path).map((descriptor) => statSync(descriptor)) : [statSync(path)];
  if (opened.some(isRight)) return;
  database.close();
  throw swapped(path);
}

function openDescriptors(path: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    const descriptor = `/proc/self/fd/${name}`;
    return linkOf(descriptor) === path ? [descriptor] : [];
  });
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    return undefined; // closed meanwhile
  }
}

interface FileState {
  sizeBytes: bigint;
  modifiedNs: bigint;
  inode: bigint;
}

/** A file that is not there is as good as an empty one. */
function stateOf(path: string): FileState {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return { sizeBytes: found?.size ?? 0n, modifiedNs: found?.mtimeNs ?? 0n, inode: found?.ino ?? 0n };
}

function isSame(one: FileState, other: FileState | undefined): boolean {
  return one.sizeBytes === other?.sizeBytes && one.modifiedNs === other.modifiedNs && one.inode === other.inode;
}

function changed({ shown }: SqliteFile): ToolError {
  return new ToolError("unavailable", `database ${shown}: another program wrote it while it was read; ask again`);
}

function swapped(path: string): ToolError {
  return new ToolError("not_allowed", `database ${path} changed while it was opened; try again`);
}
