import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  type Stats,
} from "node:fs";
import { dirname, join } from "node:path";
import { AxonerError, systemErrorCode } from "../../errors.ts";
import { checkSessionId } from "../store.ts";
import { makeFoldersSync } from "../../make-folders.ts";

/*
 * Files are read and written in one go, without a thread of Node's pool in between: nothing else of this process can
 * come in the middle, never more than one file is open, and what goes to the page cache is there sooner than a thread
 * would begin. Only what waits for a disk, `fdatasync`, is left to a thread.
 */

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** On Windows some of the flags are not there, and the others mean nothing. */
const guarded = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);

/** Session names never reach a path: on some systems `A` and `a` are one file, and `nul` is none. */
export function pathOf(folder: string, id: string): string {
  return join(folder, `${hashOf(id)}.jsonl`);
}

/** @param kind what equal ids are told apart by */
export function hashOf(id: string, kind = ""): string {
  checkSessionId(id);
  return createHash("sha256")
    .update(kind + id)
    .digest("hex")
    .slice(0, 32);
}

/** The files of a folder's sessions. */
export function sessionPaths(folder: string): string[] {
  const names = unlessMissing(() => readdirSync(folder)) ?? [];
  return names.filter((name) => /^[0-9a-f]{32}\.jsonl$/.test(name)).map((name) => join(folder, name));
}

export interface OpenFile {
  fd: number;
  stats: Stats;
}

/**
 * Open a session's file, use it and close it; undefined where there is none.
 *
 * @throws AxonerError where something else stands in its place
 */
export function withFile<Result>(
  path: string,
  mode: "read" | "append" | "create",
  use: (file: OpenFile) => Result,
): Result | undefined {
  const fd = openFile(path, mode);
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new AxonerError(`${path} is no file; remove it, or name another folder with --store`);
    return use({ fd, stats });
  } finally {
    closeSync(fd);
  }
}

function openFile(path: string, mode: "read" | "append" | "create"): number | undefined {
  // a session that is not there is no error, and to throw costs more than to ask where that is usual
  if (mode === "read" && statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const access = mode === "read" ? O_RDONLY : O_RDWR | O_APPEND | (mode === "create" ? O_CREAT : 0);
  const open = () => openSync(path, access | guarded, 0o600);
  const fd = unlessMissing(open);
  if (fd !== undefined || mode !== "create") return fd;
  makeFoldersSync(dirname(path), 0o700);
  return open();
}

/** What stands behind an offset, up to the end of the file as it is now. */
export function readFrom(fd: number, offset: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.max(0, fstatSync(fd).size - offset));
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(fd, bytes, filled, bytes.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

export function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // folders cannot be opened there
  const fd = openSync(folder, O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function unlessMissing<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
