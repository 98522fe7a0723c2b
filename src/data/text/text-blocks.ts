import { isUtf8 } from "node:buffer";
import { setImmediate } from "node:timers/promises";

/** Text that ends where a line does, or where the file does. */
export interface TextBlock {
  text: string;
  /** Where lines begin that are no UTF-8, and were read as Windows-1252. */
  wrong: readonly number[];
  isLast: boolean;
}

/** As much as is decoded at once, unless a line is longer. */
const blockBytes = 256 * 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Decode UTF-8 in blocks of whole lines, without the mark of the byte order. Between two blocks everything else that
 * waits gets its turn.
 *
 * @param maxLineBytes a line of more than twice as much ends the reading
 * @param tooLong what is thrown then
 */
export async function* textBlocks(
  chunks: AsyncIterable<Uint8Array>,
  { maxLineBytes, tooLong }: { maxLineBytes: number; tooLong: () => Error },
): AsyncGenerator<TextBlock> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let wanted = blockBytes;
  let isFirst = true;
  const blockOf = (bytes: Buffer, isLast: boolean): TextBlock => {
    const hasMark = isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    isFirst = false;
    return { ...decode(hasMark ? bytes.subarray(3) : bytes), isLast };
  };
  for await (const chunk of chunks) {
    pieces.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    const bytes = Buffer.concat(pieces, length);
    const end = endOfLines(bytes);
    if (end > 0) {
      yield blockOf(bytes.subarray(0, end), false);
      await setImmediate();
    } else if (length > 2 * maxLineBytes) throw tooLong();
    pieces = [bytes.subarray(end)];
    length -= end;
    wanted = length + blockBytes;
  }
  yield blockOf(Buffer.concat(pieces, length), true);
}

/** Where the last whole line ends. A carriage return at the very end may be half a line end. */
function endOfLines(bytes: Buffer): number {
  const feed = bytes.lastIndexOf(newline);
  const carriage = bytes.subarray(feed + 1, -1).lastIndexOf(carriageReturn);
  return carriage < 0 ? feed + 1 : feed + 1 + carriage + 1;
}

function decode(bytes: Buffer): Pick<TextBlock, "text" | "wrong"> {
  if (isUtf8(bytes)) return { text: bytes.toString("utf8"), wrong: [] };
  const lines: string[] = [];
  const wrong: number[] = [];
  let at = 0;
  for (let start = 0; start < bytes.length;) {
    const end = endOfLine(bytes, start);
    const line = bytes.subarray(start, end);
    const isWrong = !isUtf8(line);
    if (isWrong) wrong.push(at);
    const text = isWrong ? western.decode(line) : line.toString("utf8");
    lines.push(text);
    at += text.length;
    start = end;
  }
  return { text: lines.join(""), wrong };
}

const western = new TextDecoder("windows-1252");

function endOfLine(bytes: Buffer, from: number): number {
  const feed = bytes.indexOf(newline, from);
  const end = feed < 0 ? bytes.length : feed + 1;
  const carriage = bytes.subarray(from, end).indexOf(carriageReturn);
  if (carriage < 0) return end;
  const after = from + carriage + 1;
  return after === feed ? end : after;
}
