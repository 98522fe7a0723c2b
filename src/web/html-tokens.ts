import { decodeHTML, decodeHTMLAttribute } from "entities/decode";
import { textElements } from "./html-kinds.ts";

/** Takes the tags and the text of HTML in the order in which they stand there; names are in lower case. */
export interface TokenHandler {
  /**
   * @param isSelfClosing whether the tag ends in `/>`, which only SVG and MathML obey
   * @returns whether text follows, up to the end tag of that name
   */
  openTag(name: string, attributes: Record<string, string>, isSelfClosing: boolean): boolean;
  closeTag(name: string): void;
  /** The name of the innermost open element, which most end tags end; empty where none is open. */
  innermost(): string;
  /** Comes in pieces, entities decoded. */
  text(piece: string): void;
  /** Whether what comes is SVG or MathML: there `<title>` is an element like any other, and CDATA is text. */
  isForeign(): boolean;
}

const rawEnds = new Map(textElements.map((name) => [name, new RegExp(`</${name}(?=[\\t\\n\\f\\r />])`, "gi")]));
const never = /$/g;
/** Those of them that have entities. */
const escapable = new Set(["textarea", "title"]);

const commentEnd = /--!?>/g;
/** What counts in a script: what looks like a comment may hold whole scripts. */
const scriptMarks = /<!--|-->|<(\/?)script(?=[\t\n\f\r />])/gi;
const cdata = "<![CDATA[";
/** Of one element: a million of them take more memory than the page. */
const maxAttributes = 1_000;
const noAttributes: Record<string, string> = Object.freeze({});

const exclamation = 33;
const doubleQuote = 34;
const singleQuote = 39;
const slash = 47;
const equals = 61;
const greater = 62;
const question = 63;

/**
 * Cuts HTML into tags and text as browsers do; comments, declarations and a tag that never ends are left out. It jumps
 * from tag to tag and looks at each character of a tag about once: the time is linear for any input.
 */
export class Tokenizer {
  readonly #html: string;
  readonly #handler: TokenHandler;
  /** Where the rest begins. */
  #at = 0;
  /** The first `&` at or after where text or a value was read last. */
  #ampersand = -1;
  #isSelfClosing = false;
  /** Whether there are characters that text does not keep as they are. */
  readonly #hasReturns: boolean;
  readonly #hasNulls: boolean;

  constructor(html: string, handler: TokenHandler) {
    this.#html = html;
    this.#handler = handler;
    this.#hasReturns = html.includes("\r");
    this.#hasNulls = html.includes("\0");
  }

  read(): void {
    const html = this.#html;
    while (this.#at < html.length) {
      const start = html.indexOf("<", this.#at);
      if (start < 0) return this.#text(html.length);
      if (start > this.#at) this.#text(start);
      const next = html.charCodeAt(start + 1);
      if (isLetter(next)) this.#openTag();
      else if (next === slash) this.#closeTag();
      else if (next === exclamation) this.#markup();
      else if (next === question) this.#skipPast(">");
      else this.#text(start + 1);
    }
  }

  /** All up to there is text. */
  #text(end: number): void {
    this.#handler.text(this.#decoded(this.#at, end, decodeHTML));
    this.#at = end;
  }

  #decoded(start: number, end: number, decode: (text: string) => string): string {
    const text = this.#sliced(start, end);
    if (this.#ampersand < start) {
      const found = this.#html.indexOf("&", start);
      this.#ampersand = found < 0 ? this.#html.length : found;
    }
    return this.#ampersand < end ? decode(text) : text;
  }

  /** Of the page, as text: its lines end in a line feed, and what it may not hold is not there. */
  #sliced(start: number, end: number): string {
    let text = this.#html.slice(start, end);
    if (this.#hasReturns) text = text.replace(/\r\n?/g, "\n");
    if (this.#hasNulls) text = text.replaceAll("\0", "");
    return text;
  }

  /** Go on behind the next mark, or at the end where there is none. */
  #skipPast(mark: string): void {
    const end = this.#html.indexOf(mark, this.#at);
    this.#at = end < 0 ? this.#html.length : end + mark.length;
  }

  #openTag(): void {
    const start = this.#at + 1;
    this.#at = endOfName(this.#html, start);
    const name = nameOf(this.#html, start, this.#at);
    const attributes = this.#attributes();
    if (attributes === undefined) return;
    if (this.#handler.openTag(name, attributes, this.#isSelfClosing)) this.#rawText(name);
  }

  #rawText(name: string): void {
    const end = rawEnds.get(name) ?? never;
    end.lastIndex = this.#at;
    let endsAt = end.exec(this.#html)?.index ?? this.#html.length;
    if (endsAt === this.#at) return;
    if (escapable.has(name)) return this.#text(endsAt);
    if (name === "script" && this.#html.slice(this.#at, endsAt).includes("<!--"))
      endsAt = endOfScript(this.#html, this.#at);
    this.#handler.text(this.#sliced(this.#at, endsAt));
    this.#at = endsAt;
  }

  /** Of the tag whose name was read, as many as there may be; undefined where it never ends. */
  #attributes(most = maxAttributes): Record<string, string> | undefined {
    const html = this.#html;
    let attributes = noAttributes;
    let count = 0;
    this.#isSelfClosing = false;
    for (;;) {
      this.#skipSpace();
      if (this.#at >= html.length) return undefined;
      const code = html.charCodeAt(this.#at);
      if (code === greater) {
        this.#at += 1;
        return attributes;
      }
      if (code === slash) {
        this.#at += 1;
        this.#isSelfClosing = html.charCodeAt(this.#at) === greater;
        continue;
      }
      if (attributes === noAttributes) attributes = {};
      count += 1;
      this.#attribute(count > most ? undefined : attributes, count === 1);
    }
  }

  /** The first of those with the same name counts; one that is for nobody is passed over. */
  #attribute(attributes: Record<string, string> | undefined, isFirst: boolean): void {
    const start = this.#at;
    // Its first character may be any, `=` too.
    this.#at = endOfAttributeName(this.#html, start + 1);
    const nameEnd = this.#at;
    this.#skipSpace();
    let value = "";
    if (this.#html.charCodeAt(this.#at) === equals) {
      this.#at += 1;
      this.#skipSpace();
      value = this.#value();
    }
    if (attributes === undefined) return;
    const name = nameOf(this.#html, start, nameEnd);
    if (isFirst || !Object.hasOwn(attributes, name)) attributes[name] = value;
  }

  #value(): string {
    const html = this.#html;
    const quote = html.charCodeAt(this.#at);
    if (quote !== doubleQuote && quote !== singleQuote) {
      const start = this.#at;
      this.#at = endOfBareValue(html, start);
      return this.#decoded(start, this.#at, decodeHTMLAttribute);
    }
    const start = this.#at + 1;
    const found = html.indexOf(quote === doubleQuote ? '"' : "'", start);
    const end = found < 0 ? html.length : found;
    this.#at = end + 1;
    return this.#decoded(start, end, decodeHTMLAttribute);
  }

  #closeTag(): void {
    const html = this.#html;
    const start = this.#at + 2;
    if (start >= html.length) return this.#text(html.length);
    const innermost = this.#handler.innermost();
    const likelyEnd = start + innermost.length;
    if (innermost !== "" && html.charCodeAt(likelyEnd) === greater && html.startsWith(innermost, start)) {
      this.#at = likelyEnd + 1;
      return this.#handler.closeTag(innermost);
    }
    // What has no name is a comment.
    if (!isLetter(html.charCodeAt(start))) return this.#skipPast(">");
    const end = endOfName(html, start);
    this.#at = end;
    if (html.charCodeAt(end) === greater) this.#at += 1;
    else if (this.#attributes(0) === undefined) return;
    this.#handler.closeTag(nameOf(html, start, end));
  }

  /** A comment, a declaration, or CDATA. */
  #markup(): void {
    const html = this.#html;
    const start = this.#at;
    if (html.startsWith("<!--", start)) {
      // `<!-->` and `<!--->` are whole.
      commentEnd.lastIndex = start + (html.startsWith(">", start + 4) || html.startsWith("->", start + 4) ? 2 : 4);
      this.#at = commentEnd.test(html) ? commentEnd.lastIndex : html.length;
    } else if (this.#handler.isForeign() && html.startsWith(cdata, start)) {
      this.#skipPast("]]>");
      const end = html.endsWith("]]>", this.#at) ? this.#at - 3 : this.#at;
      this.#handler.text(this.#sliced(start + cdata.length, end));
    } else this.#skipPast(">");
  }

  #skipSpace(): void {
    while (isSpace(this.#html.charCodeAt(this.#at))) this.#at += 1;
  }
}

/** https://html.spec.whatwg.org/multipage/parsing.html#script-data-double-escaped-state */
function endOfScript(html: string, start: number): number {
  let isComment = false;
  let isInner = false;
  scriptMarks.lastIndex = start;
  for (let mark = scriptMarks.exec(html); mark !== null; mark = scriptMarks.exec(html)) {
    if (mark[0] === "<!--") {
      isComment = true;
      // Its dashes may be those that end it.
      scriptMarks.lastIndex -= 2;
    } else if (mark[0] === "-->") isComment = isInner = false;
    else if (mark[1] === "") isInner = isComment;
    else if (isInner) isInner = false;
    else return mark.index;
  }
  return html.length;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** A tab, a line feed, a form feed, a carriage return, a space. */
function isSpace(code: number): boolean {
  return code === 32 || (code <= 13 && code >= 9 && code !== 11);
}

function endOfName(html: string, start: number): number {
  let at = start;
  for (let code = html.charCodeAt(at); at < html.length; code = html.charCodeAt(++at)) {
    if (code === greater || code === slash || isSpace(code)) break;
  }
  return at;
}

function endOfAttributeName(html: string, start: number): number {
  let at = start;
  for (let code = html.charCodeAt(at); at < html.length; code = html.charCodeAt(++at)) {
    if (code === equals || code === greater || code === slash || isSpace(code)) break;
  }
  return at;
}

function endOfBareValue(html: string, start: number): number {
  let at = start;
  for (let code = html.charCodeAt(at); at < html.length; code = html.charCodeAt(++at)) {
    if (code === greater || isSpace(code)) break;
  }
  return at;
}

/**
 * Names that were read lately. One that comes again costs no new string, and the engine compares the same string at
 * once: pages have a few dozen names, thousands of times.
 */
const longestName = 32;
const lateNames: string[] = Array.from({ length: 1_024 }, () => "");

function nameOf(html: string, start: number, end: number): string {
  const slot = (html.charCodeAt(start) * 31 + html.charCodeAt(end - 1) * 7 + (end - start)) & 1_023;
  const late = lateNames[slot] ?? "";
  if (late.length === end - start && html.startsWith(late, start)) return late;
  if (end - start > longestName) return html.slice(start, end).toLowerCase();
  const name = Object.keys({ [html.slice(start, end).toLowerCase()]: 0 })[0] ?? "";
  lateNames[slot] = name;
  return name;
}
