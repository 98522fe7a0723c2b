import { lengthBits, shortBits, type Bits, type ShortCodes } from "./bzip2-bits.ts";

const maxCodeLength = 20;

export interface Codes {
  /** Which code is used for each group of symbols. */
  selectors: Uint8Array;
  codes: Code[];
}

export function readCodes(bits: Bits, alphabet: number): Codes {
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
export interface Code {
  short: ShortCodes;
  /** By length: one more than the greatest code of it, and what to add to a code to find its symbol. */
  limits: Int32Array;
  offsets: Int32Array;
  symbols: Uint16Array;
}

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
    short: { table: new Uint16Array(1 << shortBits), last: lengths.length - 1 },
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
        code.short.table.fill((symbol << lengthBits) | length, first, first + (1 << (shortBits - length)));
      }
      next += 1;
    }
    code.limits[length] = next;
    next <<= 1;
  }
  return code;
}

/** A symbol whose code has more than `shortBits`. */
export function readLong(bits: Bits, { limits, offsets, symbols }: Code): number {
  for (let length = shortBits + 1; length <= maxCodeLength; length += 1) {
    const value = bits.peek(length);
    if (value >= (limits[length] ?? 0)) continue;
    bits.skip(length);
    return symbols[value + (offsets[length] ?? 0)] ?? 0;
  }
  throw bits.damaged("is wrong");
}
