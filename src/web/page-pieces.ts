import { z } from "zod";
import type { JsonBytes } from "../text/json-bytes.ts";

/** What a process says of a page, and the bytes of its content and of each selected value, one after the other. */
export const byteAnswer = z.object({
  answer: z.object({
    answer: z.looseObject({ content: z.custom<JsonBytes>().optional(), selected: z.custom<JsonBytes[]>().optional() }),
    writtenBytes: z.array(z.int()),
  }),
  pieces: z.custom<Uint8Array<ArrayBuffer>[]>(),
});

/** The answer with its bytes in their places, as a thread gives it. */
export function withPieces({ answer: { answer, writtenBytes }, pieces }: z.output<typeof byteAnswer>): unknown {
  const { content, selected = [] } = answer;
  if (content === undefined) return answer;
  const parts = [content, ...selected];
  const taken = openTaking(pieces);
  const [first, ...others] = parts.map((part, index) => ({ ...part, pieces: taken.take(writtenBytes[index] ?? 0) }));
  return { ...answer, content: first, selected: others };
}

/** Each piece stays in a buffer of its own: where a value ends in the middle of one, its halves are copied. */
function openTaking(pieces: readonly Uint8Array<ArrayBuffer>[]) {
  const left = [...pieces];
  return {
    take(sizeBytes: number): Uint8Array<ArrayBuffer>[] {
      const own: Uint8Array<ArrayBuffer>[] = [];
      for (let rest = sizeBytes; rest > 0;) {
        const piece = left.shift();
        if (piece === undefined) throw new TypeError("a process wrote less than it says");
        if (piece.byteLength > rest) left.unshift(piece.slice(rest));
        own.push(piece.byteLength > rest ? piece.slice(0, rest) : piece);
        rest -= Math.min(rest, piece.byteLength);
      }
      return own;
    },
  };
}
