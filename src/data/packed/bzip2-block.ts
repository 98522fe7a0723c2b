import type { Bits } from "./bzip2-bits.ts";

/** A block and its checksum. It comes out piece by piece, and before the next one is decoded. */
interface Block {
  output: Iterable<Uint8Array>;
  checksum: number;
}

const maxBlockBytes = 900_000;
const maxCodeLength = 20;
const groupSize = 50;

/** Decodes the blocks of one bzip2 stream after the other, with buffers that it uses again. */
export function openBlockDecoder(bits: Bits) {
  const table = new Uint32Array(maxBlockBytes);
  return {
    /** @throws ToolError */
    decode(maxLength: number): Block {
      const checksum = bits.read32();
      if (bits.read(1) === 1) throw bits.damaged("is of a kind that is no longer made; compress it again");
      const start = bits.read(24);
      const symbols = readSymbols(bits);
      const codes = readCodes(bits, symbols.length + 2);
      const length = readBlock(bits, { codes, symbols, table: table.subarray(0, maxLength) });
      if (bits.isPast() || start >= length) throw bits.damaged("is wrong");
      invert(table, length);
      return { output: checked(expand(table, start, length), checksum), checksum };
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

interface Codes {
  /** Which code is used for each group of symbols. */
  selectors: Uint8Array;
  codes: Code[];
}

function readCodes(bits: Bits, alphabet: number): Codes {
  const codeCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (codeCount < 2 || codeCount > 6 || selectorCount === 0 || alphabet < 3) throw bits.damaged("is wrong");
  const order = Array.from({ length: codeCount }, (_, index) => index);
  const selectors = new Uint8Array(selectorCount);
  for (let index = 0; index < selectorCount; index += 1) {
    let position = 0;
    while (bits.read(1) === 1) {
      position += 1;
      if (position >= codeCount) throw bits.damaged("is wrong");
    }
    const [code = 0] = order.splice(position, 1);
    order.unshift(code);
    selectors[index] = code;
  }
  return { selectors, codes: Array.from({ length: codeCount }, () => readCode(bits, alphabet)) };
}

/** A canonical Huffman code. */
interface Code {
  /** For short codes, by the next bits: the symbol and the length, 0 where the code is longer. */
  short: Uint16Array;
  /** By length: one more than the greatest code of it, and what to add to a code to find its symbol. */
  limits: Int32Array;
  offsets: Int32Array;
  symbols: Uint16Array;
}

const shortBits = 10;
const lengthBits = 5;

function readCode(bits: Bits, alphabet: number): Code {
  const lengths = new Uint8Array(alphabet);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabet; symbol += 1) {
    while (bits.read(1) === 1) {
      length += bits.read(1) === 1 ? -1 : 1;
      if (length < 1 || length > maxCodeLength) throw bits.damaged("is wrong");
    }
    if (length < 1 || length > maxCodeLength) throw bits.damaged("is wrong");
    lengths[symbol] = length;
  }
  return codeOf(lengths);
}

function codeOf(lengths: Uint8Array): Code {
  const code: Code = {
    short: new Uint16Array(1 << shortBits),
    limits: new Int32Array(maxCodeLength + 1),
    offsets: new Int32Array(maxCodeLength + 1),
    symbols: new Uint16Array(lengths.length),
  };
  let next = 0;
  let filled = 0;
  for (let length = 1; length <= maxCodeLength; length += 1) {
    code.offsets[length] = filled - next;
    for (const [symbol, own] of lengths.entries()) {
      if (own !== length) continue;
      code.symbols[filled] = symbol;
      filled += 1;
      if (length <= shortBits) {
        const first = next << (shortBits - length);
        code.short.fill((symbol << lengthBits) | length, first, first + (1 << (shortBits - length)));
      }
      next += 1;
    }
    code.limits[length] = next;
    next <<= 1;
  }
  return code;
}

function readLong(bits: Bits, { limits, offsets, symbols }: Code): number {
  for (let length = shortBits + 1; length <= maxCodeLength; length += 1) {
    const value = bits.peek(length);
    if (value >= (limits[length] ?? 0)) continue;
    bits.skip(length);
    return symbols[value + (offsets[length] ?? 0)] ?? 0;
  }
  throw bits.damaged("is wrong");
}

interface BlockParts {
  codes: Codes;
  symbols: Uint8Array;
  /** Is filled with the bytes of the block. */
  table: Uint32Array;
}

const runB = 1;

/** Undo the Huffman code, the runs of zeros and the moves to the front. Gives the number of bytes. */
function readBlock(bits: Bits, { codes: { selectors, codes }, symbols, table }: BlockParts): number {
  const recent = symbols.slice();
  const end = symbols.length + 1;
  let length = 0;
  let run = 0;
  let weight = 1;
  for (const selector of selectors) {
    const code = codes[selector];
    if (code === undefined) break;
    for (let left = groupSize; left > 0; left -= 1) {
      const found = code.short[bits.peek(shortBits)] ?? 0;
      let symbol = found >>> lengthBits;
      if (found === 0) symbol = readLong(bits, code);
      else bits.skip(found & ((1 << lengthBits) - 1));
      if (symbol <= runB) {
        run += weight << symbol;
        weight <<= 1;
        if (run > table.length) throw bits.damaged("is wrong");
        continue;
      }
      if (run > 0) {
        if (length + run > table.length) throw bits.damaged("is wrong");
        table.fill(recent[0] ?? 0, length, length + run);
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) return length;
      if (length >= table.length) throw bits.damaged("is wrong");
      const byte = recent[symbol - 1] ?? 0;
      // most moves are short: a loop beats copyWithin
      for (let position = symbol - 1; position > 0; position -= 1) recent[position] = recent[position - 1] ?? 0;
      recent[0] = byte;
      table[length] = byte;
      length += 1;
    }
  }
  throw bits.damaged("is wrong");
}

/** Put beside each byte of the transformed block where the one after it is: Burrows and Wheeler, backwards. */
function invert(table: Uint32Array, length: number): void {
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

/** A block of one byte all over makes 45 MB. */
const outputBytes = 256 * 1024;
const longestRun = 4;

/** Walk through the block, and undo the runs: after four equal bytes comes the number of those that follow. Gives the checksum. */
function* expand(table: Uint32Array, start: number, length: number): Generator<Uint8Array, number> {
  let buffer = Buffer.allocUnsafe(outputBytes);
  let size = 0;
  let crc = 0xffffffff;
  let at = (table[start] ?? 0) >>> 8;
  let previous = -1;
  let run = 0;
  for (let left = length; left > 0; left -= 1) {
    const entry = table[at] ?? 0;
    at = entry >>> 8;
    const byte = entry & 0xff;
    let copies = 1;
    let written = byte;
    if (run === longestRun) {
      copies = byte;
      written = previous;
      run = 0;
      previous = -1;
    } else if (byte === previous) run += 1;
    else {
      run = 1;
      previous = byte;
    }
    for (; copies > 0; copies -= 1) {
      if (size === outputBytes) {
        yield buffer;
        buffer = Buffer.allocUnsafe(outputBytes);
        size = 0;
      }
      buffer[size] = written;
      size += 1;
      crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ written] ?? 0);
    }
  }
  yield buffer.subarray(0, size);
  return ~crc >>> 0;
}

const polynomial = 0x04c11db7;

/** The checksum of a byte, most significant bit first; `zlib.crc32` has them the other way round. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ polynomial : crc << 1;
  return crc;
});
