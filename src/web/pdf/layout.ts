/** A piece of text on a page, in points from the lower left corner. */
export interface Piece {
  text: string;
  x: number;
  /** Of its baseline. */
  y: number;
  width: number;
  /** Of its font. */
  size: number;
}

/** Beyond this a page is read in the order in which it was written. */
const maxPieces = 5_000;
const maxDepth = 40;

/** The pieces in the order of reading: columns one after another, below what stands across them. */
export function inReadingOrder(pieces: readonly Piece[]): Piece[] {
  if (pieces.length > maxPieces) return [...pieces];
  return cut(joined(pieces), 0);
}

interface Span {
  start: number;
  end: number;
}

/** Pieces that touch belong to one line of one column, however they were written. */
function joined(pieces: readonly Piece[]): Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    // a blank may be as wide as the room between two columns; the room itself tells
    if (piece.text.trim() === "") continue;
    const last = whole.at(-1);
    if (last === undefined || !isNext(last, piece)) {
      whole.push({ ...piece });
      continue;
    }
    const gap = piece.x - (last.x + last.width);
    const isApart = gap > 0.15 * piece.size && !/\s$/.test(last.text) && !/^\s/.test(piece.text);
    last.text += (isApart ? " " : "") + piece.text;
    last.width = piece.x + piece.width - last.x;
  }
  return whole;
}

function isNext(last: Piece, piece: Piece): boolean {
  const gap = piece.x - (last.x + last.width);
  const size = Math.max(last.size, piece.size);
  return Math.abs(piece.y - last.y) < 0.6 * size && gap > -0.5 * size && gap < 0.9 * size;
}

/** https://en.wikipedia.org/wiki/Recursive_X-Y_cut: side by side first where both sides are columns of text. */
function cut(pieces: Piece[], depth: number): Piece[] {
  if (pieces.length < 2 || depth > maxDepth) return byLine(pieces);
  const gutter = widestGutter(pieces);
  if (gutter !== undefined) {
    const left = pieces.filter(({ x, width }) => x + width / 2 < gutter);
    const right = pieces.filter(({ x, width }) => x + width / 2 >= gutter);
    return [...cut(left, depth + 1), ...cut(right, depth + 1)];
  }
  const level = highestGap(pieces);
  if (level === undefined) return byLine(pieces);
  const above = pieces.filter(({ y }) => y >= level);
  const below = pieces.filter(({ y }) => y < level);
  return [...cut(above, depth + 1), ...cut(below, depth + 1)];
}

/** From top to bottom, each line from left to right. */
function byLine(pieces: readonly Piece[]): Piece[] {
  const lines: Piece[][] = [];
  for (const piece of pieces.toSorted((a, b) => b.y - a.y)) {
    const line = lines.at(-1);
    const first = line?.[0];
    if (line !== undefined && first !== undefined && first.y - piece.y < 0.5 * first.size) line.push(piece);
    else lines.push([piece]);
  }
  return lines.flatMap((line) => line.toSorted((a, b) => a.x - b.x));
}

/** Where nothing stands between two columns; cells of a table are no columns: they are short, and read by row. */
function widestGutter(pieces: readonly Piece[]): number | undefined {
  const size = median(pieces.map((piece) => piece.size));
  const gaps = gapsBetween(
    pieces.map(({ x, width }) => ({ start: x, end: x + width })),
    0.8 * size,
  );
  const wide = gaps.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  return wide
    .map(({ start, end }) => (start + end) / 2)
    .find((at) => {
      const left = pieces.filter(({ x }) => x < at);
      const right = pieces.filter(({ x }) => x >= at);
      return isColumn(left) && isColumn(right);
    });
}

function isColumn(pieces: readonly Piece[]): boolean {
  const levels = new Set(pieces.map(({ y, size }) => Math.round(y / Math.max(1, size / 2))));
  return levels.size >= 3 && median(pieces.map(({ text }) => text.length)) >= 18;
}

/** The largest gap between lines; with columns below a title it is the one between them. */
function highestGap(pieces: readonly Piece[]): number | undefined {
  const gaps = gapsBetween(
    pieces.map(({ y, size }) => ({ start: y - 0.2 * size, end: y + 0.75 * size })),
    0,
  );
  const largest = gaps.toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
  return largest === undefined ? undefined : (largest.start + largest.end) / 2;
}

function gapsBetween(spans: Span[], least: number): Span[] {
  const gaps: Span[] = [];
  let end: number | undefined;
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    if (end !== undefined && span.start - end > least) gaps.push({ start: end, end: span.start });
    end = Math.max(end ?? span.end, span.end);
  }
  return gaps;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
