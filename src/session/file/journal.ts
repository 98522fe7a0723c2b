import { closeSync, constants, fdatasync, fstatSync, openSync, statSync, unlinkSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { randomBytes } from "node:crypto";
import { AxonerError } from "../../errors.ts";
import { bootId } from "./boot.ts";
import { syncFolder, unlessMissing } from "./session-file.ts";
import { makeFoldersSync } from "../../make-folders.ts";

/**
 * What makes appends survive a loss of power: the lines of all sessions of this process, in one file, so that one
 * `fdatasync` makes all of them lasting that came while the one before went on. Session files hold the same lines and
 * are what is read; the journal is only read after a loss of power (`recover.ts`).
 */
export interface Journal {
  /** Resolves once the line would survive a loss of power, and what its session holds before it. */
  add(entry: JournalEntry): Promise<void>;
  /** A session was deleted: no line before this brings it back. */
  forget(deleted: { path: string; id: string }): Promise<void>;
  close(): Promise<void>;
}

interface JournalEntry {
  path: string;
  line: string;
  /** Only this process has written to the session, as far as it knows the file. */
  isAlone: boolean;
}

export const journalFolder = "journal";

/** The first line: who writes it. */
export interface JournalHeader {
  pid: number;
  /** Another one since: the machine was off. */
  boot: string;
}

/** A journal of this size is given up for a new one, once all sessions in it are safe by themselves. */
const maxBytes = 64_000_000;
const sync = promisify(fdatasync);

interface OpenFile {
  fd: number;
  path: string;
  ino: number;
  bytes: number;
  /** Sessions whose files may not be on the disk yet. */
  unsafe: Set<string>;
}

export function openJournal(directory: string): Journal {
  const folder = join(directory, journalFolder);
  let file: OpenFile | undefined;
  let waiting: string[] = [];
  let flushing: Promise<void> | undefined;

  /** One at a time: what is added meanwhile is for the next. */
  function flush(): Promise<void> {
    const next = (flushing ?? Promise.resolve()).then(flushNow, flushNow);
    flushing = next;
    return next;
  }

  let scheduled: Promise<void> | undefined;
  function lasting(line: string, path: string): Promise<void> {
    waiting.push(line);
    paths.add(path);
    scheduled ??= flush();
    return scheduled;
  }

  const paths = new Set<string>();

  async function flushNow(): Promise<void> {
    scheduled = undefined;
    const lines = waiting.join("");
    waiting = [];
    if (lines === "") return;
    file ??= begin(folder);
    for (const path of paths) file.unsafe.add(path);
    paths.clear();
    const current = file;
    const bytes = Buffer.from(lines);
    if (writeSync(current.fd, bytes) !== bytes.length) {
      throw new AxonerError(`${current.path} could not be written whole; make room on the disk, then repeat`);
    }
    current.bytes += bytes.length;
    await sync(current.fd);
    // another process took us for dead, and has made safe what it found in the journal: so is the rest now
    const isTaken = statSync(current.path, { throwIfNoEntry: false })?.ino !== current.ino;
    if (isTaken || current.bytes > maxBytes) await giveUp(current);
  }

  async function giveUp(current: OpenFile): Promise<void> {
    await makeSafe(current.unsafe);
    file = undefined;
    closeSync(current.fd);
    unlessMissing(() => unlinkSync(current.path));
  }

  return {
    async add({ path, line, isAlone }) {
      if (!isAlone) await makeSafe([path]);
      if (line !== "") await lasting(line, path);
    },
    async forget({ path, id }) {
      await lasting(`${JSON.stringify({ deleted: id, at: new Date().toISOString() })}\n`, path);
    },
    async close() {
      await flush(); // behind those that go on
      if (file !== undefined) await giveUp(file);
    },
  };
}

function begin(folder: string): OpenFile {
  const { O_APPEND, O_CREAT, O_EXCL, O_WRONLY } = constants;
  makeFoldersSync(folder, 0o700);
  const path = join(folder, `${process.pid}-${randomBytes(6).toString("hex")}.jsonl`);
  const fd = openSync(path, O_APPEND | O_CREAT | O_EXCL | O_WRONLY, 0o600);
  const header: JournalHeader = { pid: process.pid, boot: bootId() };
  const bytes = writeSync(fd, `${JSON.stringify(header)}\n`);
  syncFolder(folder);
  syncFolder(dirname(folder));
  return { fd, path, ino: fstatSync(fd).ino, bytes, unsafe: new Set() };
}

/** Put session files, and their names, on the disk. */
export async function makeSafe(paths: Iterable<string>): Promise<void> {
  const folders = new Set<string>();
  for (const path of paths) {
    folders.add(dirname(path));
    const fd = unlessMissing(() => openSync(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)));
    if (fd === undefined) continue; // deleted meanwhile
    try {
      await sync(fd);
    } finally {
      closeSync(fd);
    }
  }
  for (const folder of folders) syncFolder(folder);
}
