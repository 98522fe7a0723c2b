import { crc32 } from "node:zlib";
import { AxonerError } from "../errors.ts";
import type { Message } from "../message.ts";

/**
 * The file of a session: one append a line, each line a JSON object
 * `{"crc":"<CRC-32 of the record's text, 8 hex digits>","record":{"seen":…,"writer":…,"at":…,"messages":[…]}}`.
 *
 * Records are only ever added at the end, so of two writers that saw the same number of messages the one whose record
 * stands first has won; every reader skips the other's. A line whose checksum is wrong is what a killed writer left.
 */
export interface SessionRecord {
  seen: number;
  writer: string;
  at: string;
  messages: Message[];
}

const newline = 0x0a;
const beforeRecord = '{"crc":"00000000","record":'.length;

export function encodeRecord(record: SessionRecord): string {
  const text = JSON.stringify(record);
  return `{"crc":"${checksum(text)}","record":${text}}\n`;
}

/** How far a reader has come in a session's file: behind a complete line. */
export interface Position {
  offset: number;
  /** Messages of the records that count, up to there. */
  messageCount: number;
}

export interface Scan {
  /** The records that count, in order. */
  records: SessionRecord[];
  /** Messages in the whole file. */
  messageCount: number;
  /** From where to read on. */
  position: Position;
  /** Something stands behind the last complete line. */
  torn: boolean;
}

/**
 * Read the lines in `bytes`, which begin at `from`. A last line that lacks only its end counts.
 *
 * @throws AxonerError where a record is missing in the middle: the file was damaged after it was written
 */
export function scanRecords(bytes: Buffer, from: Position, path: string): Scan {
  const records: SessionRecord[] = [];
  let { messageCount } = from;
  const take = (start: number, end?: number) => {
    const record = decodeLine(bytes.toString("utf8", start, end));
    if (record === undefined || record.seen < messageCount) return;
    if (record.seen > messageCount) {
      throw new AxonerError(
        `${path} is damaged: messages after the first ${messageCount} are lost; restore or delete it`,
      );
    }
    records.push(record);
    messageCount += record.messages.length;
  };
  let start = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    take(start, end);
    start = end + 1;
  }
  const position = { offset: from.offset + start, messageCount };
  const torn = start < bytes.length;
  if (torn) take(start);
  return { records, messageCount, position, torn };
}

function decodeLine(line: string): SessionRecord | undefined {
  const text = line.slice(beforeRecord, -1);
  if (!line.startsWith('{"crc":"') || line.slice(8, 16) !== checksum(text)) return undefined;
  // the checksum vouches that we wrote it
  return JSON.parse(text) as SessionRecord;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
