import type { Bits } from "./bzip2-bits.ts";
import { readCodes, readLong, type Codes } from "./bzip2-codes.ts";
import { openTransform } from "./bzip2-transform.ts";

/** A block and its checksum. It comes out piece by piece, and before the next one is decoded. */
interface Block {
  output: Iterable<Uint8Array>;
  checksum: number;
}

const maxBlockBytes = 900_000;
const groupSize = 50;
/** Each stands for a byte at least, but the last one. */
const maxSymbols = maxBlockBytes + groupSize;

/** Decodes the blocks of one bzip2 stream after the other, with buffers that it uses again. */
export function openBlockDecoder(bits: Bits) {
  const table = new Uint32Array(maxBlockBytes);
  const transform = openTransform(table);
  const groups = new Uint16Array(maxSymbols);
  return {
    /** @throws ToolError */
    decode(maxLength: number): Block {
      const checksum = bits.read32();
      if (bits.read(1) === 1) throw bits.damaged("is of a kind that is no longer made; compress it again");
      const start = bits.read(24);
      const symbols = readSymbols(bits);
      const codes = readCodes(bits, symbols.length + 2);
      const length = moveToFront(readGroups(bits, codes, groups), symbols, table.subarray(0, maxLength));
      if (length < 0) throw bits.damaged("is wrong");
      if (bits.isPast() || start >= length) throw bits.damaged("is wrong");
      return { output: checked(transform.undo(start, length), checksum), checksum };
    },
  };

  function* checked(pieces: Generator<Uint8Array, number>, checksum: number): Generator<Uint8Array> {
    const found = yield* pieces;
    if (found !== checksum) throw bits.damaged("is wrong: a checksum does not fit");
  }
}

/** The bytes that a block holds. */
function readSymbols(bits: Bits): Uint8Array {
  const ranges = bits.read(16);
  const symbols: number[] = [];
  for (let range = 0; range < 16; range += 1) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member += 1) {
      if ((members & (0x8000 >> member)) !== 0) symbols.push(range * 16 + member);
    }
  }
  return Uint8Array.from(symbols);
}

/** Undo the Huffman code. Gives the symbols without the last one, which ends them. */
function readGroups(bits: Bits, { selectors, codes }: Codes, symbols: Uint16Array): Uint16Array {
  let size = 0;
  for (const selector of selectors) {
    const code = codes[selector];
    if (code === undefined) break;
    const { last } = code.short;
    const group = symbols.subarray(0, size + groupSize);
    while (size < group.length) {
      size = bits.decode(code.short, group, size);
      if (size < group.length && group[size - 1] !== last) group[size++] = readLong(bits, code);
      if (group[size - 1] === last) return group.subarray(0, size - 1);
    }
  }
  throw bits.damaged("is wrong");
}

const runB = 1;
/** A loop beats `fill` up to about so many. */
const few = 24;

/**
 * Undo the runs of the first byte and the moves to the front.
 *
 * @param bytes those that the block holds
 * @param table is filled with the bytes of the block
 * @returns the number of bytes; -1 where the table is too short for them
 */
function moveToFront(symbols: Uint16Array, bytes: Uint8Array, table: Uint32Array): number {
  const recent = openRecent(bytes);
  let first = bytes[0] ?? 0;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (const symbol of symbols) {
    if (symbol <= runB) {
      run += weight << symbol;
      weight <<= 1;
      if (run > table.length) return -1;
      continue;
    }
    if (run > 0) {
      if (length + run > table.length) return -1;
      length = repeat(table, first, { from: length, count: run });
      run = 0;
      weight = 1;
    }
    if (length >= table.length) return -1;
    first = recent.take(symbol - 1);
    table[length] = first;
    length += 1;
  }
  return length + run > table.length ? -1 : repeat(table, first, { from: length, count: run });
}

/** By the place of a byte in its word: the bits before it, and those after it. */
const bitsBefore = Int32Array.of(0, 0xff, 0xffff, 0xffffff);
const bitsAfter = Int32Array.of(~0xff, ~0xffff, ~0xffffff, 0);

/** Bytes in the order of their last use, four in a word: a move takes a quarter of the steps. */
function openRecent(bytes: Uint8Array) {
  const words = new Int32Array(64);
  for (const [index, byte] of bytes.entries())
    words[index >> 2] = (words[index >> 2] ?? 0) | (byte << ((index & 3) * 8));
  return {
    /** The byte at an index, which becomes the first one. */
    take(index: number): number {
      const [last, place] = [index >> 2, index & 3];
      const old = words[last] ?? 0;
      const byte = (old >>> (place * 8)) & 0xff;
      let carried = byte;
      for (let at = 0; at < last; at += 1) {
        const word = words[at] ?? 0;
        words[at] = (word << 8) | carried;
        carried = word >>> 24;
      }
      const moved = (old & (bitsBefore[place] ?? 0)) << 8;
      words[last] = (old & (bitsAfter[place] ?? 0)) | moved | carried;
      return byte;
    },
  };
}

/** Gives the index after the last. */
function repeat(table: Uint32Array, byte: number, { from, count }: { from: number; count: number }): number {
  const end = from + count;
  if (count > few) table.fill(byte, from, end);
  else for (let index = from; index < end; index += 1) table[index] = byte;
  return end;
}
