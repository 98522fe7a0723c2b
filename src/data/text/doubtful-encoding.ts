import type { SourceProblem } from "../sql/sql-wire.ts";

/**
 * Characters of Windows-1252 that its languages have not within words: in their places other encodings of Windows have
 * the letters of Central Europe (`Wroc³aw`, `è` beside `š`), Turkey (`þ`) and the Baltic.
 */
const doubtful =
  /\p{L}[\u00a3\u00a5\u00aa\u00af\u00b3\u00b9\u00ba\u00bc\u00be\u00bf]\p{L}|(?<!\p{L})[\u00a3\u00af]\p{Ll}|[\u00fe\u00de\u00f0\u00d0]|[\u0161\u017e\u0160\u017d]/u;

/** What ends a word on either side. */
const wordEnd = /[\s;,|"]/;
/** So much is looked at on either side of a doubtful character. */
const reachChars = 20;

/** What is told of a text that was taken for Windows-1252, and may be something else. */
export function encodingDoubts(text: string, shown: string): SourceProblem[] {
  const found = doubtful.exec(text);
  if (found === null) return [];
  const word = wordAround(text, found.index, found[0].length);
  const message = `'${shown}' is read as Windows-1252, which is a guess that ${JSON.stringify(word)} makes doubtful; if that is not what it says, convert the file, e.g. iconv -f WINDOWS-1250 -t UTF-8`;
  return [{ line: 0, code: "doubtful_encoding", message }];
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
