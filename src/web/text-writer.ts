import { openPieces, type TextPieces, type TextRoom } from "./text-pieces.ts";

interface Mark {
  open: string;
  close: string;
  written: boolean;
  /** Not to be written in this line: right behind the end of another it would be read as part of that. */
  skipped: boolean;
}

interface Indent {
  /** Starts the next line, once. */
  first: string | undefined;
  rest: string;
}

/** Deeper nesting of lists and quotations is not shown: every line would repeat it. */
const maxIndents = 8;

/** Where a word may be broken, and marks without width: they are in the way of whoever reads or searches. */
const unseen = /[\u00ad\u200b\u2060\ufeff]/g;

/** What `text` has to change: most text is as it should be. */
const untidy = /[^\S ]|\s\s|[\u00ad\u200b\u2060\ufeff]/;

const space = 32;

/** Whether a text begins with a sign of ASCII, as most does: then there is something in it. */
function startsVisibly(text: string): boolean {
  const first = text.charCodeAt(0);
  return first > space && first < 127;
}

const endsInWord = /[\p{L}\p{N}]$/u;
const startsInWord = /^[\p{L}\p{N}]/u;

/** Builds text out of blocks and lines; line breaks, spaces and marks are written only once text follows them. */
export class TextWriter {
  readonly #out: TextPieces;
  readonly #marks: Mark[] = [];
  /** Have ended behind what was written last, the innermost first; one that starts again at once goes on instead. */
  #ending: Mark[] = [];
  readonly #indents: Indent[] = [];
  readonly #escape: (text: string, startsLine: boolean) => string;
  /** What was written last that is no mark. */
  #last = "";
  #newlines = 0;
  #space = false;
  #empty = true;

  /**
   * @param room that all writers of a page share
   * @param escape makes text inert for the format that is written
   */
  constructor(room: TextRoom, escape: (text: string, startsLine: boolean) => string) {
    this.#out = openPieces(room);
    this.#escape = escape;
  }

  /** Text of a page: runs of white space become one space, or none at the start of a line. */
  text(text: string): void {
    const startsLine = this.#empty || this.#newlines > 0;
    if (!startsVisibly(text) && text.trim() === "") {
      if (text !== "" && !startsLine) this.#space = true;
      return;
    }
    const words = untidy.test(text) ? text.replace(/\s+/g, " ").replace(unseen, "") : text;
    if (words.charCodeAt(0) === space && !startsLine) this.#space = true;
    const endsInSpace = words.charCodeAt(words.length - 1) === space;
    const body = endsInSpace || words.charCodeAt(0) === space ? words.trim() : words;
    if (body === "") return;
    this.literal(this.#escape(body, startsLine));
    this.#space = endsInSpace;
  }

  /** Text as it is, on the current line. */
  literal(text: string): void {
    if (this.#empty || this.#newlines > 0) this.#startLine();
    const last = this.#ending.length > 0 ? this.#endMarks() : "";
    if (this.#space) this.#out.add(" ");
    if (this.#marks.length > 0) this.#startMarks(last, text);
    this.#space = false;
    this.#last = text;
    this.#out.add(text);
  }

  /** Write the marks that have started; `last` are the ends in front of them, `text` what follows. */
  #startMarks(last: string, text: string): void {
    for (const mark of this.#marks) {
      if (mark.written || mark.skipped) continue;
      mark.skipped = !this.#space && last.endsWith(mark.open.charAt(0)) && !this.#isApart(mark, last, text);
      if (mark.skipped) continue;
      this.#out.add(mark.open);
      mark.written = true;
    }
  }

  /**
   * Whether a mark right behind the end of another is read as two, as in `*a***b**`: where they differ in length, stand in
   * none of their kind, and have letters on both sides. https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis
   */
  #isApart(mark: Mark, last: string, text: string): boolean {
    if (last.length === mark.open.length || last.length > 2 || !endsInWord.test(this.#last) || !startsInWord.test(text))
      return false;
    return !this.#marks.some(({ open, written }) => written && open.startsWith("*"));
  }

  /** Write the ends of marks, but for those that go on; what was written last. */
  #endMarks(): string {
    for (const mark of this.#space ? [] : this.#marks) {
      if (mark.written) continue;
      const ended = this.#ending.at(-1);
      // Links beside each other stay two.
      if (ended?.open !== mark.open || ended.close !== mark.close || mark.open === "[") break;
      this.#ending.pop();
      mark.written = true;
    }
    return this.#writeEnds();
  }

  #writeEnds(): string {
    if (this.#ending.length === 0) return "";
    const ends = this.#ending.map(({ close }) => close).join("");
    this.#ending = [];
    this.#out.add(ends);
    return ends;
  }

  /** Lines as they are. */
  lines(text: string): void {
    for (let start = 0; start <= text.length;) {
      const found = text.indexOf("\n", start);
      const end = found < 0 ? text.length : found;
      this.literal(text.slice(start, end));
      this.#newlines = 1;
      start = end + 1;
    }
  }

  /** What follows starts a line (1) or stands apart by an empty one (2); an item starts with its text. Marks end here and start again there. */
  newline(count: 1 | 2): void {
    if (this.#empty) return;
    if (this.#ending.length > 0) this.#writeEnds();
    for (let at = this.#marks.length - 1; at >= 0; at -= 1) {
      const mark = this.#marks[at];
      if (mark === undefined) continue;
      if (mark.written) this.#out.add(mark.close);
      mark.written = false;
      mark.skipped = false;
    }
    const startsItem = this.#indents.at(-1)?.first !== undefined;
    this.#newlines = Math.max(this.#newlines, startsItem ? 1 : count);
    this.#space = false;
  }

  /** Put marks around what is written until `endMark`; where that is nothing, they are not written. */
  startMark(open: string, close: string): void {
    this.#marks.push({ open, close, written: false, skipped: false });
  }

  endMark(): void {
    const mark = this.#marks.pop();
    if (mark?.written === true) this.#ending.push(mark);
  }

  /** Start the next line with `first` and those after it with `rest`, until `dedent`. */
  indent(first: string, rest: string): void {
    this.#indents.push({ first, rest });
  }

  dedent(): void {
    this.#indents.pop();
  }

  toString(): string {
    this.#writeEnds();
    return this.#out.text();
  }

  #startLine(): void {
    const shown = this.#indents.slice(0, maxIndents);
    if (!this.#empty) this.#out.add("\n");
    if (this.#newlines === 2) {
      const margin = shown.map(({ first, rest }) => (first === undefined ? rest : "")).join("");
      this.#out.add(`${margin.trimEnd()}\n`);
    }
    for (const indent of shown) {
      this.#out.add(indent.first ?? indent.rest);
      indent.first = undefined;
    }
    this.#newlines = 0;
    this.#space = false;
    this.#empty = false;
  }
}
