import { lstatSync, unlinkSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AxonerError, errorMessage, systemErrorCode } from "../errors.ts";
import { log } from "../log.ts";
import { once } from "../once.ts";
import { appendRecord, newAppend, type Append } from "./file/append-record.ts";
import { openBeginnings } from "./file/beginnings.ts";
import { openJournal } from "./file/journal.ts";
import { openPositions } from "./file/positions.ts";
import { scanRecords, start, type Scan } from "./file/record.ts";
import { recoverJournals } from "./file/recover.ts";
import { replaceFile } from "./file/replace-file.ts";
import { pathOf, readFrom, sessionPaths, unlessMissing, withFile } from "./file/session-file.ts";
import { summarize, type Session, type SessionStore, type SessionSummary, type StoreOptions } from "./store.ts";

/** A file is written anew where more than half of it, and more than this, counts for nothing. */
const leastWasteBytes = 1_000_000;
const maxAttempts = 20;
const secondLookMs = 50;

/**
 * Sessions as files of a folder, one each, which several processes may write to at once. Only the owner can read
 * them. What an append acknowledges survives the death of the process; with `durable` the loss of power too: appends
 * of all sessions are then written to one journal, which a single `fdatasync` makes lasting for all that wait. The
 * folder is on a local file system: appends of several machines to one file are not atomic on NFS.
 *
 * A file that was damaged is kept in the folder `damaged` and reported; what stands before the damage goes on.
 *
 * @throws AxonerError from any method where the folder or a file cannot be read or written
 */
export function openFileStore(folder: string, { durable = false }: StoreOptions = {}): SessionStore {
  const directory = resolve(folder);
  const positions = openPositions(20_000);
  const mayBegin = openBeginnings();
  const recovery = once(() => recoverJournals(directory));
  const journal = durable ? openJournal(directory) : undefined;

  const store: SessionStore = {
    async load(id) {
      return loadSession(pathOf(directory, id));
    },
    async append(id, seen, messages) {
      const path = pathOf(directory, id);
      if (seen === 0) await mayBegin();
      const { line, position, fileBytes, othersBefore } = await appendWhole(newAppend(path, { id, seen, messages }));
      await journal?.add({ path, line, isAlone: !othersBefore });
      const { wastedBytes } = position;
      if (wastedBytes > leastWasteBytes && wastedBytes > fileBytes / 2) await replaceFile(path);
    },
    async list(limit) {
      return listSessions(directory, limit);
    },
    async delete(id) {
      const path = pathOf(directory, id);
      const existed = unlessMissing(() => (unlinkSync(path), true)) ?? false;
      if (existed) await journal?.forget({ path, id });
      return existed;
    },
    async close() {
      await journal?.close();
    },
  };

  async function appendWhole(append: Append) {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const appended = appendRecord(append, positions);
      if (appended.type === "appended") return appended;
      if (appended.type === "replace") await replaceAndReport(append.path, appended.damaged);
    }
    throw new AxonerError(`${append.path}: other processes were first ${maxAttempts} times; try again later`);
  }

  return explained(directory, store, recovery.get);
}

async function loadSession(path: string): Promise<Session | undefined> {
  const scan = scanFile(path);
  if (scan === undefined) return undefined;
  if (scan.damaged) {
    await replaceAndReport(path, true);
    return loadSession(path);
  }
  const [first] = scan.records;
  const last = scan.records.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { id: first.id, messages: scan.records.flatMap(({ messages }) => messages), updatedAt: last.at };
}

async function replaceAndReport(path: string, damaged: boolean): Promise<void> {
  if (damaged) {
    // a long record that is being written just now is seen in parts
    await delay(secondLookMs);
    if (scanFile(path)?.damaged !== true) return;
  }
  const replaced = await replaceFile(path);
  if (replaced?.quarantine === undefined) return;
  log.warn(
    `the session in ${path} was damaged: what was readable, ${replaced.messageCount} messages, goes on; the whole file is kept as ${replaced.quarantine}`,
  );
}

function scanFile(path: string): Scan | undefined {
  return withFile(path, "read", ({ fd }) => scanRecords(readFrom(fd, 0), start));
}

async function listSessions(directory: string, limit: number): Promise<SessionSummary[]> {
  const dated = sessionPaths(directory).flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() === true ? [{ path, mtimeMs: stats.mtimeMs }] : [];
  });
  const summaries: SessionSummary[] = [];
  for (const { path } of dated.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    if (summaries.length >= limit) break;
    const session = await loadSession(path);
    if (session !== undefined) summaries.push(summarize(session));
  }
  return summaries.toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
}

/** The store after what a power loss left was put right, with errors of the system that say what they were about. */
function explained(directory: string, store: SessionStore, recovered: () => Promise<void>): SessionStore {
  const guard = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      await recovered();
      return await work();
    } catch (thrown) {
      if (systemErrorCode(thrown) === undefined || thrown instanceof AxonerError) throw thrown;
      const advice = "check its permissions and the space on the disk, or name another folder with --store";
      throw new AxonerError(`the sessions in ${directory} cannot be used: ${errorMessage(thrown)}; ${advice}`, {
        cause: thrown,
      });
    }
  };
  return {
    load: (id) => guard(() => store.load(id)),
    append: (id, seen, messages) => guard(() => store.append(id, seen, messages)),
    list: (limit) => guard(() => store.list(limit)),
    delete: (id) => guard(() => store.delete(id)),
    close: () => guard(() => store.close()),
  };
}
