import { crc32 } from "node:zlib";
import type { StoredMessage } from "../../message.ts";

/**
 * The file of a session: one append a line, each line a JSON object
 * `{"crc":"<CRC-32 of the record's text, 8 hex digits>","record":{"id":…,"seen":…,"writer":…,"at":…,"messages":[…]}}`.
 *
 * Records are only ever added at the end, so of two writers that saw the same number of messages the one whose record
 * stands first has won; every reader skips the other's. A line whose checksum is wrong is what a killed writer left. A
 * seal, `"record":{"seal":true}`, ends a file that is being replaced: what stands behind it does not count.
 */
export interface SessionRecord {
  id: string;
  seen: number;
  writer: string;
  at: string;
  messages: StoredMessage[];
}

const newline = 0x0a;
const beforeRecord = '{"crc":"00000000","record":'.length;
const sealText = '{"seal":true}';

export const seal = encode(sealText);

export function encodeRecord(record: SessionRecord): string {
  return encode(JSON.stringify(record));
}

function encode(text: string): string {
  return `{"crc":"${checksum(text)}","record":${text}}\n`;
}

/** How far a reader has come in a session's file: behind a complete line. */
export interface Position {
  offset: number;
  /** Messages of the records that count, up to there. */
  messageCount: number;
  /** Bytes up to there that belong to no record that counts. */
  wastedBytes: number;
}

export const start: Position = { offset: 0, messageCount: 0, wastedBytes: 0 };

export interface Scan {
  /** The records that count, in order. */
  records: SessionRecord[];
  /** Messages in the whole file. */
  messageCount: number;
  /** From where to read on: never behind a seal. */
  position: Position;
  /** Something stands behind the last complete line. */
  torn: boolean;
  /** The file is being replaced. */
  sealed: boolean;
  /** What was once written whole cannot be read: records behind those that count are lost. */
  damaged: boolean;
}

/** Read the lines in `bytes`, which begin at `from`. A last line that lacks only its end counts. */
export function scanRecords(bytes: Buffer, from: Position): Scan {
  const records: SessionRecord[] = [];
  let { messageCount, wastedBytes } = from;
  let damaged = false;
  /** Whether the line was a record that counts. */
  const take = (record: SessionRecord | undefined): boolean => {
    if (record !== undefined && record.seen > messageCount) damaged = true;
    if (damaged || record?.seen !== messageCount) return false;
    records.push(record);
    messageCount += record.messages.length;
    return true;
  };
  let at = 0;
  let sealed = false;
  let lastIsUnreadable = false;
  let zeroed = false;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, at)) {
    const record = decodeLine(bytes, at, end);
    sealed = record === "seal";
    if (record === "seal") break; // whoever reads on from here must come upon it again
    lastIsUnreadable = record === undefined && end > at;
    if (lastIsUnreadable) zeroed ||= bytes.subarray(at, end).includes(0);
    if (!take(record)) wastedBytes += end + 1 - at;
    at = end + 1;
  }
  const position = { offset: from.offset + at, messageCount, wastedBytes };
  const torn = !sealed && at < bytes.length;
  if (torn) {
    zeroed ||= bytes.includes(0, at);
    const record = decodeLine(bytes, at, bytes.length);
    if (record !== "seal") take(record);
  }
  damaged ||= zeroed; // a loss of power leaves zeros, which no writer writes
  // a writer that is killed leaves no end of line: whoever comes next writes it, together with a record
  return { records, messageCount, position, torn, sealed, damaged: damaged || (lastIsUnreadable && !torn && !sealed) };
}

/** Every whole record, whether it counts or not. */
export function readRecords(bytes: Buffer): SessionRecord[] {
  const records: SessionRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(newline, at);
    const end = found === -1 ? bytes.length : found;
    const record = decodeLine(bytes, at, end);
    if (record !== undefined && record !== "seal") records.push(record);
    at = end + 1;
  }
  return records;
}

const opening = '{"crc":"';

/**
 * The record of a line. Where a writer was killed in the middle of one just before the next was written, both stand on
 * one line, and the last of them is read; no text in a record holds the opening, because its quotes are escaped there.
 */
function decodeLine(bytes: Buffer, lineStart: number, end: number): SessionRecord | "seal" | undefined {
  const whole = decodeAt(bytes, lineStart, end);
  if (whole !== undefined) return whole;
  const last = bytes.subarray(lineStart, end).lastIndexOf(opening);
  return last > 0 ? decodeAt(bytes, lineStart + last, end) : undefined;
}

function decodeAt(bytes: Buffer, at: number, end: number): SessionRecord | "seal" | undefined {
  const head = bytes.toString("latin1", at, Math.min(end, at + beforeRecord));
  if (!head.startsWith(opening)) return undefined;
  const text = bytes.subarray(at + beforeRecord, end - 1);
  if (head.slice(8, 16) !== checksum(text)) return undefined;
  const decoded = text.toString("utf8");
  // the checksum vouches that we wrote it
  return decoded === sealText ? "seal" : (JSON.parse(decoded) as SessionRecord);
}

function checksum(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(8, "0");
}
