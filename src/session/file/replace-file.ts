import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, renameSync, statSync } from "node:fs";
import { unlinkSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AxonerError, systemErrorCode } from "../../errors.ts";
import { encodeRecord, readRecords, scanRecords, seal, start, type SessionRecord } from "./record.ts";
import { readFrom, syncFolder, unlessMissing, withFile, type OpenFile } from "./session-file.ts";
import { makeFoldersSync } from "../../make-folders.ts";

export interface Replacement {
  /** Where the whole old file is kept, because it was damaged. */
  quarantine?: string;
  messageCount: number;
}

interface Names {
  path: string;
  next: string;
  restore: readonly SessionRecord[];
}

/** Whoever is at it for longer was killed. */
const patienceMs = 10_000;
const askAgainMs = 20;

/**
 * Put a new file with nothing but the records that count in the place of a session's file, by renaming. Writers that
 * have the old one open see its seal and come again. A damaged file is kept beside, and what stands before the damage
 * goes on. One process at a time does it: the new file's name is its lock.
 *
 * @param restore records that must be there, from a journal, in their order
 * @returns undefined where another process has done it meanwhile
 */
export async function replaceFile(
  path: string,
  restore: readonly SessionRecord[] = [],
): Promise<Replacement | undefined> {
  const identity = statSync(path, { throwIfNoEntry: false })?.ino;
  const next = `${path}.next`;
  for (;;) {
    if (statSync(path, { throwIfNoEntry: false })?.ino !== identity) return undefined;
    const fd = openExclusively(next);
    if (fd !== undefined) return replaceWith(fd, { path, next, restore });
    await delay(askAgainMs);
  }
}

function openExclusively(next: string): number | undefined {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants;
  try {
    makeFoldersSync(dirname(next), 0o700);
    return openSync(next, O_CREAT | O_EXCL | O_WRONLY, 0o600);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EEXIST") throw thrown;
    const stats = statSync(next, { throwIfNoEntry: false });
    if (stats !== undefined && Date.now() - stats.mtimeMs > patienceMs) unlessMissing(() => unlinkSync(next));
    return undefined;
  }
}

function replaceWith(fd: number, { path, next, restore }: Names): Replacement | undefined {
  const ours = fstatSync(fd).ino;
  const isOurs = () => statSync(next, { throwIfNoEntry: false })?.ino === ours;
  try {
    const replaced = withFile(path, restore.length > 0 ? "create" : "append", (old) => {
      const { bytes, damaged } = sealed(old, restore.length === 0);
      const records = chain(readRecords(bytes), restore);
      // never empty: that is what a loss of power leaves
      writeFileSync(fd, records.map(encodeRecord).join("") || "\n");
      fsyncSync(fd);
      const quarantine = damaged ? keepAside(path) : undefined;
      // deleted meanwhile, or taken for dead: there is nothing to replace
      if (statSync(path, { throwIfNoEntry: false })?.ino !== old.stats.ino || !isOurs()) return undefined;
      renameSync(next, path);
      const messageCount = records.reduce((count, { messages }) => count + messages.length, 0);
      return quarantine === undefined ? { messageCount } : { messageCount, quarantine };
    });
    if (replaced !== undefined) syncFolder(dirname(path));
    return replaced;
  } finally {
    closeSync(fd);
    if (isOurs()) unlessMissing(() => unlinkSync(next));
  }
}

/**
 * Seal a file, so that nothing more is added to it, and read what stands before the seal.
 *
 * @param hasHeld whether an empty file is one that was emptied, and not one that was just made
 */
function sealed({ fd, stats }: OpenFile, hasHeld: boolean): { bytes: Buffer; damaged: boolean } {
  let damaged = hasHeld && stats.size === 0;
  for (let attempt = 0; attempt < 3; attempt++) {
    const bytes = readFrom(fd, 0);
    const { position, torn, damaged: isDamaged, sealed: isSealed } = scanRecords(bytes, start);
    damaged ||= isDamaged; // behind a bad last line the seal hides that it was the last
    if (isSealed) return { bytes: bytes.subarray(0, position.offset), damaged };
    writeSync(fd, (torn ? "\n" : "") + seal);
  }
  throw new AxonerError("a session's file could not be sealed; make room on the disk, then repeat");
}

/** The records that count: what was acknowledged where that is known, else the first that continues the others. */
function chain(found: readonly SessionRecord[], acknowledged: readonly SessionRecord[]): SessionRecord[] {
  const bySeen = new Map<number, SessionRecord>();
  for (const record of [...acknowledged, ...found]) if (!bySeen.has(record.seen)) bySeen.set(record.seen, record);
  const records: SessionRecord[] = [];
  for (let count = 0; ;) {
    const record = bySeen.get(count);
    if (record === undefined || record.messages.length === 0) return records;
    records.push(record);
    count += record.messages.length;
  }
}

/** A second name for the file, in a folder for what was damaged. */
function keepAside(path: string): string {
  const folder = join(dirname(path), "damaged");
  makeFoldersSync(folder, 0o700);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const kept = join(folder, `${basename(path, ".jsonl")}-${stamp}.jsonl`);
  linkSync(path, kept);
  return kept;
}
