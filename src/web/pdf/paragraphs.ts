import { median, type Piece } from "./layout.ts";

export interface Paragraph {
  isHeading: boolean;
  text: string;
}

const maxHeadingChars = 200;

/** Lines put together again: a paragraph ends where there is more room, another size of letters, or another column. */
export function toParagraphs(pieces: readonly Piece[], bodySize: number): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  const leading = usualLeading(pieces);
  let last: Piece | undefined;
  let text = "";
  let size = 0;
  const end = () => {
    const whole = text.trim();
    if (whole !== "")
      paragraphs.push({ isHeading: size > 1.15 * bodySize && whole.length <= maxHeadingChars, text: whole });
    text = "";
  };
  for (const piece of pieces) {
    const isSameLine = last !== undefined && Math.abs(last.y - piece.y) < 0.5 * piece.size && piece.x > last.x;
    if (last !== undefined && !isSameLine && isBreak(last, piece, leading)) end();
    text = text === "" ? piece.text : join(text, piece.text, isSameLine);
    size = text === piece.text ? piece.size : size;
    last = piece;
  }
  end();
  return paragraphs;
}

function isBreak(last: Piece, piece: Piece, leading: number): boolean {
  const drop = last.y - piece.y;
  const isOtherSize = Math.abs(last.size - piece.size) > 0.12 * last.size;
  const isOtherColumn = drop < 0;
  return isOtherSize || drop > 1.45 * leading || (isOtherColumn && /[.!?:]["”’)]?\s*$/.test(last.text));
}

function usualLeading(pieces: readonly Piece[]): number {
  const drops = pieces.flatMap((piece, index) => {
    const drop = (pieces[index - 1]?.y ?? piece.y) - piece.y;
    return drop > 0.5 * piece.size && drop < 3 * piece.size ? [drop] : [];
  });
  return drops.length === 0 ? 1.2 * (pieces[0]?.size ?? 12) : median(drops);
}

/** A word that was divided at the end of a line is put together; a hyphen before a capital or a digit stays. */
function join(text: string, next: string, isSameLine: boolean): string {
  if (isSameLine) return `${text}${/\s$/.test(text) || /^\s/.test(next) ? "" : " "}${next}`;
  const before = text.trimEnd();
  if (/\p{L}[-\u00ad\u2010]$/u.test(before) && /^\s*\p{Ll}/u.test(next)) return before.slice(0, -1) + next.trimStart();
  return `${before} ${next.trimStart()}`;
}
