import type { Readable } from "node:stream";

export interface LineReader {
  onLine: (line: string) => void;
  /** A line over the limit was skipped. `head` and `tail` are its first and last kilobyte. */
  onTooLong: (line: { head: string; tail: string; sizeBytes: number }) => void;
  /** The input ended. What stood after the last newline was passed to `onLine` before. */
  onEnd: () => void;
}

const newline = 0x0a;
const edgeBytes = 1024;

/** Split a byte stream into lines in linear time, holding at most `maxBytes` of an unfinished one. */
export function readLines(stream: Readable, maxBytes: number, reader: LineReader): void {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  let head = "";
  let tail = Buffer.alloc(0);

  const hold = (piece: Buffer) => {
    sizeBytes += piece.length;
    if (sizeBytes <= maxBytes) {
      pieces.push(piece);
      return;
    }
    if (head === "") {
      pieces.push(piece);
      head = Buffer.concat(pieces).toString("utf8", 0, edgeBytes);
      tail = Buffer.concat(pieces).subarray(-edgeBytes);
      pieces = [];
    } else {
      tail = Buffer.concat([tail, piece.subarray(-edgeBytes)]).subarray(-edgeBytes);
    }
  };

  const finish = () => {
    const line = { head, tail: tail.toString("utf8"), sizeBytes };
    const text = sizeBytes <= maxBytes ? Buffer.concat(pieces).toString("utf8") : "";
    pieces = [];
    sizeBytes = 0;
    head = "";
    tail = Buffer.alloc(0);
    if (line.sizeBytes > maxBytes) reader.onTooLong(line);
    else if (text.trim() !== "") reader.onLine(text);
  };

  stream.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end));
      finish();
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  });
  stream.on("end", () => {
    finish();
    reader.onEnd();
  });
}
