import type { ToolError } from "../../errors.ts";

/** The bits of a part of a compressed stream, the most significant first. Past its end they are zeros. */
export interface Bits {
  /** At most 24 at once. */
  read(count: number): number;
  read32(): number;
  /** The next bits, left where they are; at most 24. */
  peek(count: number): number;
  skip(count: number): void;
  /**
   * Read symbols of a code into `symbols`, from an index on: up to the last symbol, to one whose code is longer than the
   * table tells, or to the end of the array. Gives the index after them.
   */
  decode(short: ShortCodes, symbols: Uint16Array, from: number): number;
  /** Go on at a whole byte. */
  align(): void;
  /** Where the bits are aligned: whether these bytes come next. */
  startsWith(bytes: readonly number[]): boolean;
  /** What is wrong with the data, to be thrown: that it ends early, where it does. */
  damaged(what: string): ToolError;
  isPast(): boolean;
}

export interface ShortCodes {
  /** By the next bits: the symbol and, in the lowest bits, the length of its code; 0 where that is longer. */
  table: Uint16Array;
  /** The symbol after which nothing is to be read. */
  last: number;
}

/** The bits by which a table of short codes is looked into, and those that hold the length of a code. */
export const shortBits = 10;
export const lengthBits = 5;

interface Held {
  bytes: Uint8Array;
  /** Of the next byte that is not yet in `buffer`. */
  at: number;
  /** The next bits, as many as `count`, in its lowest places. */
  buffer: number;
  count: number;
}

/** Whoever opens bits closes them. */
export function openBits(chunks: AsyncIterable<Uint8Array>, damaged: (what: string) => ToolError) {
  const source = chunks[Symbol.asyncIterator]();
  const held: Held = { bytes: new Uint8Array(), at: 0, buffer: 0, count: 0 };
  let isEnded = false;

  const peek = (wanted: number): number => {
    while (held.count < wanted) {
      held.buffer = (held.buffer << 8) | (held.at < held.bytes.length ? (held.bytes[held.at] ?? 0) : 0);
      held.at += 1;
      held.count += 8;
    }
    return (held.buffer >>> (held.count - wanted)) & ((1 << wanted) - 1);
  };
  const read = (wanted: number): number => {
    const value = peek(wanted);
    held.count -= wanted;
    return value;
  };
  const isPast = () => held.at - Math.floor(held.count / 8) > held.bytes.length;
  const bits: Bits = {
    peek,
    read,
    decode: (short, symbols, from) => decode(held, short, { symbols, from }),
    read32: () => read(16) * 65_536 + read(16),
    skip: (skipped) => void (held.count -= skipped),
    align: () => void (held.count -= held.count % 8),
    startsWith: (wanted) => wanted.every((byte, index) => held.bytes[held.at - held.count / 8 + index] === byte),
    damaged: (what) => damaged(isPast() ? "ends early" : what),
    isPast,
  };
  return {
    bits,
    /** Have so many bytes ahead, unless the data ends before. */
    async fill(wanted: number): Promise<void> {
      if (isEnded || held.bytes.length - held.at >= wanted) return;
      // what is in the buffer already stays there
      const pieces = [held.bytes.subarray(held.at)];
      for (let length = held.bytes.length - held.at; length < 2 * wanted;) {
        const next = await source.next();
        isEnded = next.done === true;
        if (next.done === true) break;
        pieces.push(next.value);
        length += next.value.length;
      }
      // the bits in the buffer may be asked for again as bytes
      const kept = Math.floor(held.count / 8);
      held.bytes = Buffer.concat([held.bytes.subarray(held.at - kept, held.at), ...pieces]);
      held.at = kept;
    },
    async close(): Promise<void> {
      await source.return?.();
    },
  };
}

/** All in variables of its own, or what is held would be written back after each symbol. */
function decode(
  held: Held,
  { table, last }: ShortCodes,
  { symbols, from }: { symbols: Uint16Array; from: number },
): number {
  const { bytes } = held;
  let { buffer, count, at } = held;
  let index = from;
  while (index < symbols.length) {
    if (count <= 16) {
      const high = at < bytes.length ? (bytes[at] ?? 0) : 0;
      const low = at + 1 < bytes.length ? (bytes[at + 1] ?? 0) : 0;
      buffer = (buffer << 16) | (high << 8) | low;
      at += 2;
      count += 16;
    }
    const found = table[(buffer >>> (count - shortBits)) & ((1 << shortBits) - 1)] ?? 0;
    if (found === 0) break;
    count -= found & ((1 << lengthBits) - 1);
    const symbol = found >>> lengthBits;
    symbols[index++] = symbol;
    if (symbol === last) break;
  }
  [held.buffer, held.count, held.at] = [buffer, count, at];
  return index;
}
