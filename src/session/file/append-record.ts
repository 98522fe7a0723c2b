import { randomUUID } from "node:crypto";
import { fstatSync, writeSync } from "node:fs";
import { AxonerError } from "../../errors.ts";
import type { StoredMessage } from "../../message.ts";
import { conflict } from "../store.ts";
import type { Positions } from "./positions.ts";
import { encodeRecord, scanRecords, type Position, type Scan } from "./record.ts";
import { readFrom, withFile, type OpenFile } from "./session-file.ts";

export interface Append {
  path: string;
  id: string;
  seen: number;
  messages: readonly StoredMessage[];
  /** Names this append: it is found by it wherever it ended up. */
  writer: string;
}

export function newAppend(path: string, append: Pick<Append, "id" | "seen" | "messages">): Append {
  return { path, ...append, writer: randomUUID() };
}

export type Appended =
  | {
      type: "appended";
      /** The line that stands for the append in the file; empty where there was nothing to add. */
      line: string;
      /** Records of other writers stand before it that were not known here. */
      othersBefore: boolean;
      position: Position;
      fileBytes: number;
    }
  /** The file is being replaced, or must be. */
  | { type: "replace"; damaged: boolean }
  | { type: "again" };

/**
 * Add a record behind the others and find out whether it stands first among those that saw as much.
 *
 * @throws SessionConflictError where it does not
 */
export function appendRecord(append: Append, positions: Positions): Appended {
  const { path, id, seen } = append;
  const appended = withFile(path, seen === 0 ? "create" : "append", (file) => appendTo(file, append, positions));
  if (appended === undefined) throw conflict(id, seen, 0);
  return appended;
}

function appendTo({ fd, stats }: OpenFile, append: Append, positions: Positions): Appended {
  const { id, seen, messages, writer, path } = append;
  const from = positions.recall(id, stats);
  const scan = stats.size > from.offset ? scanRecords(readFrom(fd, from.offset), from) : nothingNew(from);
  if (scan.sealed || scan.damaged) return { type: "replace", damaged: scan.damaged };
  const line = encodeRecord({ id, seen, writer, at: new Date().toISOString(), messages: [...messages] });
  const othersBefore = scan.records.length > 0;
  const done = ({ position, records }: Scan, fileBytes: number): Appended => {
    positions.remember(id, stats, position);
    return { type: "appended", line, position, fileBytes, othersBefore: othersBefore || records.length > 1 };
  };
  // it may have been copied while its file was replaced
  if (scan.records.some((record) => record.writer === writer)) return done(scan, stats.size);
  if (scan.messageCount !== seen) throw conflict(id, seen, scan.messageCount);
  if (messages.length === 0) {
    positions.remember(id, stats, scan.position);
    return { type: "appended", line: "", position: scan.position, fileBytes: stats.size, othersBefore };
  }
  const bytes = Buffer.from((scan.torn ? "\n" : "") + line);
  if (writeSync(fd, bytes) !== bytes.length) {
    throw new AxonerError(`${path}: a message could not be written whole; make room on the disk, then repeat`);
  }
  const after = fstatSync(fd);
  if (after.nlink === 0) return { type: "again" };
  const end = scan.position.offset + bytes.length;
  if (!scan.torn && after.size === end) {
    const position = { ...scan.position, offset: end, messageCount: seen + messages.length };
    return done({ ...scan, records: [], position }, after.size);
  }
  const behind = scanRecords(readFrom(fd, scan.position.offset), scan.position);
  if (behind.records.some((record) => record.writer === writer)) return done(behind, after.size);
  if (behind.sealed || behind.damaged) return { type: "replace", damaged: behind.damaged };
  // another writer was first, or one was killed in the middle of a record just before ours
  return { type: "again" };
}

function nothingNew(position: Position): Scan {
  const { messageCount } = position;
  return { records: [], messageCount, position, torn: false, sealed: false, damaged: false };
}
