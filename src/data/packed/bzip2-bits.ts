import type { ToolError } from "../../errors.ts";

/** The bits of a part of a compressed stream, the most significant first. Past its end they are zeros. */
export interface Bits {
  /** At most 24 at once. */
  read(count: number): number;
  read32(): number;
  /** The next bits, left where they are; at most 24. */
  peek(count: number): number;
  skip(count: number): void;
  /** Go on at a whole byte. */
  align(): void;
  /** Where the bits are aligned: whether these bytes come next. */
  startsWith(bytes: readonly number[]): boolean;
  /** What is wrong with the data, to be thrown: that it ends early, where it does. */
  damaged(what: string): ToolError;
  isPast(): boolean;
}

/** Whoever opens bits closes them. */
export function openBits(chunks: AsyncIterable<Uint8Array>, damaged: (what: string) => ToolError) {
  const source = chunks[Symbol.asyncIterator]();
  let isEnded = false;
  let bytes: Uint8Array = new Uint8Array();
  /** Of the next byte that is not yet in `buffer`. */
  let at = 0;
  let buffer = 0;
  let count = 0;

  const peek = (wanted: number): number => {
    while (count < wanted) {
      buffer = (buffer << 8) | (at < bytes.length ? (bytes[at] ?? 0) : 0);
      at += 1;
      count += 8;
    }
    return (buffer >>> (count - wanted)) & ((1 << wanted) - 1);
  };
  const read = (wanted: number): number => {
    const value = peek(wanted);
    count -= wanted;
    return value;
  };
  const isPast = () => at - Math.floor(count / 8) > bytes.length;
  const bits: Bits = {
    peek,
    read,
    read32: () => read(16) * 65_536 + read(16),
    skip: (skipped) => void (count -= skipped),
    align: () => void (count -= count % 8),
    startsWith: (wanted) => wanted.every((byte, index) => bytes[at - count / 8 + index] === byte),
    damaged: (what) => damaged(isPast() ? "ends early" : what),
    isPast,
  };
  return {
    bits,
    /** Have so many bytes ahead, unless the data ends before. */
    async fill(wanted: number): Promise<void> {
      if (isEnded || bytes.length - at >= wanted) return;
      // what is in the buffer already stays there
      const pieces = [bytes.subarray(at)];
      for (let length = bytes.length - at; length < 2 * wanted;) {
        const next = await source.next();
        isEnded = next.done === true;
        if (next.done === true) break;
        pieces.push(next.value);
        length += next.value.length;
      }
      // the bits in the buffer may be asked for again as bytes
      const kept = Math.floor(count / 8);
      bytes = Buffer.concat([bytes.subarray(at - kept, at), ...pieces]);
      at = kept;
    },
    async close(): Promise<void> {
      await source.return?.();
    },
  };
}
