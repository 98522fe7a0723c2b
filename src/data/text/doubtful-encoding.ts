import type { Encoding } from "../../text/encodings.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";

/**
 * Characters of Windows-1252 that its languages have not within words: in their places other encodings of Windows have
 * the letters of Central Europe (`Wroc³aw`, `è` beside `š`), Turkey (`þ`) and the Baltic, those of DOS and of old
 * Macintoshes all theirs (`Jos‚`, `ZŸrich`).
 */
const doubtful =
  /\p{L}[\u00a3\u00a5\u00aa\u00af\u00b3\u00b9\u00ba\u00bc\u00be\u00bf]\p{L}|(?<!\p{L})[\u00a3\u00af]\p{Ll}|\p{L}[\u201a\u201e\u2021\u00a4\u00a1]|\p{Ll}\u0178|\u0178\p{Ll}|[\u00fe\u00de\u00f0\u00d0]|[\u0161\u017e\u0160\u017d]/u;

/** What ends a word on either side. */
const wordEnd = /[\s;,|"]/;
/** So much is looked at on either side of a doubtful character. */
const reachChars = 20;

/** What is told of a text whose encoding was guessed, and may be something else. */
export function encodingDoubts(encoding: Encoding, text: string, shown: string): SourceProblem[] {
  if (encoding.startsWith("utf-")) return [];
  const isWestern = encoding === "windows-1252";
  const found = isWestern ? doubtful.exec(text) : fewForeign(text);
  if (found === null) return [];
  const word = wordAround(text, found.index, found[0].length);
  const name = isWestern ? "Windows-1252" : encoding;
  const reason = isWestern
    ? `that ${JSON.stringify(word)} makes doubtful`
    : `from few characters, such as ${JSON.stringify(word)}`;
  const message = `'${shown}' is read as ${name}, which is a guess ${reason}; if that is not what it says, convert the file, e.g. iconv -f ${likelyInstead(encoding)} -t UTF-8`;
  return [{ line: 0, code: "doubtful_encoding", message }];
}

/** What is often taken for an encoding. */
function likelyInstead(encoding: Encoding): string {
  if (encoding === "windows-1252") return "WINDOWS-1250";
  return /^(windows|koi8)/.test(encoding) ? "WINDOWS-1253" : "GBK";
}

/** So many characters hardly fit an encoding by chance. */
const sureCount = 100;

/** The first character beyond ASCII, where there are few. */
function fewForeign(text: string): RegExpExecArray | null {
  const foreign = /[^\x00-\x7f]/gu;
  const first = foreign.exec(text);
  for (let count = 1; count < sureCount; count += 1) if (foreign.exec(text) === null) return first;
  return null;
}

/** The word that a place is in; of a long one, what is near. */
function wordAround(text: string, start: number, length: number): string {
  const end = start + length;
  const before =
    text
      .slice(Math.max(0, start - reachChars), start)
      .split(wordEnd)
      .at(-1) ?? "";
  const after = text.slice(end, end + reachChars).split(wordEnd)[0] ?? "";
  return before + text.slice(start, end) + after;
}
