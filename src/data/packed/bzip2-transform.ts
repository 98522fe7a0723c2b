import { crc32 } from "node:zlib";
import { openWalker } from "./bzip2-walker.ts";

/** A block of one byte all over makes 45 MB. */
const outputBytes = 256 * 1024; // whole words
const longestRun = 4;

/**
 * Undoes what is done to a block before its bytes are moved to the front: the transform of Burrows and Wheeler, and runs
 * of a byte.
 *
 * @param table the transformed bytes of a block are put here; it is as long as the longest block
 */
export function openTransform(table: Uint32Array) {
  const walker = openWalker(table);
  const reversed = new Uint32Array(outputBytes / 4);
  return {
    /** Gives the checksum of what was given, piece by piece, at the end. */
    *undo(start: number, length: number): Generator<Uint8Array, number> {
      link(table, length);
      let checksum = 0;
      for (const piece of withRuns(walker.walk((table[start] ?? 0) >>> 8, length))) {
        reverseBytes(piece, reversed);
        checksum = crc32(new Uint8Array(reversed.buffer, 0, piece.length), checksum);
        yield piece;
      }
      return reverse(checksum, 32);
    },
  };
}

/** Put beside each byte of the transformed block where the one after it is: Burrows and Wheeler, backwards. */
function link(table: Uint32Array, length: number): void {
  const starts = new Uint32Array(257);
  for (let index = 0; index < length; index += 1) {
    const after = ((table[index] ?? 0) & 0xff) + 1;
    starts[after] = (starts[after] ?? 0) + 1;
  }
  for (let byte = 1; byte <= 256; byte += 1) starts[byte] = (starts[byte] ?? 0) + (starts[byte - 1] ?? 0);
  for (let index = 0; index < length; index += 1) {
    const byte = (table[index] ?? 0) & 0xff;
    const to = starts[byte] ?? 0;
    starts[byte] = to + 1;
    table[to] = ((table[to] ?? 0) & 0xff) | (index << 8);
  }
}

/** Undo the runs: after four equal bytes comes the number of those that follow. */
function* withRuns(block: Uint8Array): Generator<Uint8Array> {
  let output = Buffer.allocUnsafe(outputBytes);
  let size = 0;
  let previous = -1;
  let run = 0;
  for (let index = 0; index < block.length;) {
    // so far the piece has room for every byte
    const end = Math.min(block.length, index + outputBytes - size);
    while (index < end && run < longestRun) {
      const byte = block[index++] ?? 0;
      run = byte === previous ? run + 1 : 1;
      previous = byte;
      output[size++] = byte;
    }
    for (let left = run === longestRun && index < block.length ? (block[index] ?? 0) : 0; ;) {
      const until = Math.min(size + left, outputBytes);
      output.fill(previous, size, until);
      left -= until - size;
      size = until;
      if (size < outputBytes) break;
      yield output;
      output = Buffer.allocUnsafe(outputBytes);
      size = 0;
    }
    if (run < longestRun || index === block.length) continue;
    index += 1;
    run = 0;
    previous = -1;
  }
  yield output.subarray(0, size);
}

/** zlib has the bits of bytes the other way round. Gives as many bytes as the piece has, rounded up to words. */
function reverseBytes(piece: Uint8Array, reversed: Uint32Array): void {
  const words = new Uint32Array(piece.buffer, piece.byteOffset, Math.ceil(piece.length / 4));
  for (let index = 0; index < words.length; index += 1) {
    let word = words[index] ?? 0;
    word = ((word >>> 1) & 0x55555555) | ((word & 0x55555555) << 1);
    word = ((word >>> 2) & 0x33333333) | ((word & 0x33333333) << 2);
    reversed[index] = ((word >>> 4) & 0x0f0f0f0f) | ((word & 0x0f0f0f0f) << 4);
  }
}

function reverse(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit += 1) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed >>> 0;
}
