/**
 * How many tokens a text has at most, as the vocabularies of today's models cut it: into words, groups of digits,
 * punctuation and blanks. Words of a language are few tokens; random letters, digits and rare characters are many.
 * Against OpenAI's o200k it is from the count itself, for tables of numbers, to twice that, for prose and code. Only rare
 * ideographs have more tokens than it says.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(pieces)) tokens += tokensOf(piece);
  return Math.ceil(tokens);
}

/** Blanks of one kind, runs of letters and digits, runs beyond ASCII, runs of punctuation. */
const pieces = / +|\n+|\t+|[0-9A-Za-z]+|[\u0080-\uffff]+|[!-/:-@[-`{-~]+|[^]/g;
const word = /^[A-Z]?[a-z]+$/;
/** Of identifiers, e.g. `parse`, `HTTP` and `Reply` of `parseHTTPReply`. */
const words = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
/** No language has words of so many letters often, and hardly so many consonants in a row. */
const longestWord = 24;
const cluster = /[b-df-hj-np-tv-xz]{5}/i;

function tokensOf(piece: string): number {
  const code = piece.charCodeAt(0);
  // one blank belongs to the word behind it
  if (code <= 32 || code === 127) return piece === " " ? 0.25 : 1 + piece.length / 16;
  if (code >= 128) return beyondAscii(piece);
  if (word.test(piece)) return ofWord(piece);
  if (/^\d+$/.test(piece)) return Math.max(Math.ceil(piece.length / 3), piece.length / 2);
  if (/^[A-Za-z]+$/.test(piece)) return piece.match(words)?.reduce((sum, one) => sum + ofWord(one), 0) ?? piece.length;
  return /^[0-9A-Za-z]/.test(piece) ? piece.length / 1.4 : Math.max(1, piece.length * 0.77);
}

function ofWord(text: string): number {
  const { length } = text;
  if (length > longestWord || cluster.test(text)) return length / 1.5;
  return /^[A-Z]{2}/.test(text) ? length / 1.7 : Math.max(1, length / 3.7);
}

function beyondAscii(piece: string): number {
  let tokens = 0;
  for (const character of piece) tokens += weightOf(character.codePointAt(0) ?? 0);
  return tokens;
}

/** Tokens of a character in a text of its script. */
function weightOf(code: number): number {
  const [, weight = 2.5] = scripts.find(([last]) => code <= last) ?? [];
  return weight;
}

/** By the last code of each range. A character of three bytes that no vocabulary knows is up to three tokens. */
const scripts: readonly (readonly [last: number, weight: number])[] = [
  [0x024f, 0.9], // Latin
  [0x036f, 1.5],
  [0x06ff, 0.5], // Greek, Cyrillic, Hebrew, Arabic
  [0x08ff, 2],
  [0x0d7f, 0.6], // of India
  [0x0dff, 2.5],
  [0x0e7f, 0.6], // Thai
  [0x109f, 2.5],
  [0x10ff, 0.7], // Georgian
  [0x1dff, 2.5],
  [0x1eff, 0.8], // Vietnamese
  [0x1fff, 2],
  [0x206f, 1.2], // dashes and quotes
  [0x2fff, 2],
  [0x30ff, 0.9], // Japanese
  [0x4dff, 2.5],
  [0x9fff, 1.1], // Chinese
  [0xabff, 2.5],
  [0xd7ff, 1], // Korean
  [0xfdff, 2.5],
  [0xffff, 1.2],
];
