import { ToolError } from "../errors.ts";

/** How much may be written. */
export interface TextRoom {
  charsLeft: number;
}

/** What any page may come to, and how many times its own length a long one may besides. */
const leastRoom = 4_000_000;
const roomFactor = 6;

/** Of what is made of a page: a long address or the like may be repeated with each of its blocks. */
export function roomFor(html: string): TextRoom {
  return { charsLeft: leastRoom + roomFactor * html.length };
}

/** @throws ToolError `too_large` */
function takeRoom(room: TextRoom, chars: number): void {
  room.charsLeft -= chars;
  if (room.charsLeft >= 0) return;
  throw new ToolError("too_large", "the page says the same too often; extract links or html, or select parts of it");
}

/** Text that comes in many small pieces, each of which would take more memory than what it says. */
export interface TextPieces {
  add(piece: string): void;
  text(): string;
}

/** So many are joined at a time. A piece may also be a part of the page, and keep all of that. */
const maxPieces = 4_096;

export function openPieces(room: TextRoom): TextPieces {
  const joined: string[] = [];
  let pieces: string[] = [];
  return {
    add(piece) {
      takeRoom(room, piece.length);
      pieces.push(piece);
      if (pieces.length < maxPieces) return;
      joined.push(pieces.join(""));
      pieces = [];
    },
    text: () => (joined.length === 0 ? pieces.join("") : joined.join("") + pieces.join("")),
  };
}

/** Text that mostly comes in one piece, and now and then in millions. */
export function openPending() {
  let joined = "";
  let recent = "";
  let pieces = 0;
  return {
    add(piece: string): void {
      recent += piece;
      pieces += 1;
      if (pieces < maxPieces) return;
      // V8 keeps 32 bytes for each piece until it has to search the text; to look at a character is not enough.
      joined += recent.slice(0, recent.search(/$/));
      recent = "";
      pieces = 0;
    },
    /** All of it, which is forgotten. */
    take(): string {
      const text = joined + recent;
      joined = "";
      recent = "";
      pieces = 0;
      return text;
    },
  };
}
