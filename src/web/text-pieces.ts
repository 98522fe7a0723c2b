/** Text that comes in many small pieces, each of which would take more memory than what it says. */
export interface TextPieces {
  add(piece: string): void;
  text(): string;
}

/** So many are joined at a time. A piece may also be a part of the page, and keep all of that. */
const maxPieces = 4_096;

export function openPieces(): TextPieces {
  const joined: string[] = [];
  let pieces: string[] = [];
  return {
    add(piece) {
      pieces.push(piece);
      if (pieces.length < maxPieces) return;
      joined.push(pieces.join(""));
      pieces = [];
    },
    text: () => (joined.length === 0 ? pieces.join("") : joined.join("") + pieces.join("")),
  };
}
