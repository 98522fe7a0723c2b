import { readdirSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../../is-alive.ts";
import { log } from "../../log.ts";
import { isJsonObject, type JsonObject } from "../../message.ts";
import { bootId } from "./boot.ts";
import { journalFolder, makeSafe, type JournalHeader } from "./journal.ts";
import { readRecords, scanRecords, start, type SessionRecord } from "./record.ts";
import { replaceFile } from "./replace-file.ts";
import { pathOf, readFrom, unlessMissing, withFile } from "./session-file.ts";

/**
 * Put right what a process left that did not close its journal. Where the machine was on all the time its session
 * files are whole, and only have to reach the disk; after a loss of power they may lack what the journal holds.
 * Taking a journal is to rename it, so that one process does it; the journals of living processes stay.
 */
export async function recoverJournals(directory: string): Promise<void> {
  const folder = join(directory, journalFolder);
  const names = unlessMissing(() => readdirSync(folder)) ?? [];
  const taken = names.flatMap((name) => {
    const journal = take(folder, name);
    return journal === undefined ? [] : [journal];
  });
  if (taken.length === 0) return;
  const deletedAt = new Map<string, string>();
  for (const [id, at] of taken.flatMap(({ deletions }) => deletions)) {
    if ((deletedAt.get(id) ?? "") < at) deletedAt.set(id, at);
  }
  const isKept = ({ id, at }: SessionRecord) => at > (deletedAt.get(id) ?? "");
  const wasOff = taken.flatMap(({ afterPowerLoss, records }) => (afterPowerLoss ? records : [])).filter(isKept);
  for (const [id, records] of Map.groupBy(wasOff, (record) => record.id)) await restore(directory, id, records);
  const ids = new Set(taken.flatMap(({ records }) => records.map(({ id }) => id)));
  await makeSafe([...ids].map((id) => pathOf(directory, id)));
  for (const { path } of taken) unlessMissing(() => unlinkSync(path));
}

interface TakenJournal {
  path: string;
  afterPowerLoss: boolean;
  records: SessionRecord[];
  deletions: [id: string, at: string][];
}

function take(folder: string, name: string): TakenJournal | undefined {
  const [, owner] = /^(?:taken-by-(\d+)-)?.*\.jsonl$/.exec(name) ?? [];
  const path = join(folder, name);
  const found = unlessMissing(() => headerOf(readFileSync(path)));
  if (found === undefined) return undefined; // another process has it
  const isSameBoot = found.boot === bootId();
  if (isSameBoot && isAlive(owner === undefined ? found.pid : Number(owner))) return undefined;
  const ours = join(folder, `taken-by-${process.pid}-${name.replace(/^taken-by-\d+-/, "")}`);
  const bytes = unlessMissing(() => (renameSync(path, ours), readFileSync(ours)));
  if (bytes === undefined) return undefined;
  return { path: ours, afterPowerLoss: !isSameBoot, records: readRecords(bytes), deletions: deletionsIn(bytes) };
}

/** A journal that was killed before its first line was whole holds nothing that was acknowledged. */
function headerOf(bytes: Buffer): JournalHeader {
  const { pid, boot } = parse(bytes.toString("utf8", 0, Math.max(0, bytes.indexOf("\n"))));
  return typeof pid === "number" && typeof boot === "string" ? { pid, boot } : { pid: 0, boot: "" };
}

function deletionsIn(bytes: Buffer): [string, string][] {
  const lines = bytes.toString("utf8").split("\n");
  return lines.flatMap((line) => {
    if (!line.startsWith('{"deleted":')) return [];
    const { deleted, at } = parse(line);
    return typeof deleted === "string" && typeof at === "string" ? [[deleted, at] satisfies [string, string]] : [];
  });
}

function parse(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // torn: it was not acknowledged
  }
}

async function restore(directory: string, id: string, records: readonly SessionRecord[]): Promise<void> {
  const path = pathOf(directory, id);
  const found = withFile(path, "read", ({ fd }) => scanRecords(readFrom(fd, 0), start));
  const writers = new Set(found?.records.map(({ writer }) => writer));
  if (found?.sealed !== true && records.every(({ writer }) => writers.has(writer))) return;
  const replaced = await replaceFile(path, records);
  log.warn(
    `session ${id} had lost messages with the power; its ${replaced?.messageCount ?? 0} are there again, from the journal`,
  );
}
