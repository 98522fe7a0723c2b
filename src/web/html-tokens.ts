import { decodeHTML } from "entities/decode";
import { Attributes, HtmlSource, noAttributes } from "./html-attributes.ts";
import { textElements, type Named } from "./html-kinds.ts";
import { attributeEnds, attributeNameAt, elementAt, endOf, skipSpace, tagEnds, valueEnds } from "./html-names.ts";

/** Takes the tags and the text of HTML in the order in which they stand there; names are in lower case. */
export interface TokenHandler {
  /**
   * @param isSelfClosing whether the tag ends in `/>`, which only SVG and MathML obey
   * @returns whether text follows, up to the end tag of that name
   */
  openTag(element: Named, attributes: Attributes, isSelfClosing: boolean): boolean;
  closeTag(element: Named): void;
  /** The innermost open element, which most end tags end. */
  innermost(): Named | undefined;
  /** Its end tag comes. */
  closeInnermost(): void;
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

const less = 60;
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
  readonly #source: HtmlSource;
  readonly #handler: TokenHandler;
  /** Where the rest begins. */
  #at = 0;
  /** The first `&` at or after where text was read last. */
  #ampersand = -1;
  #isSelfClosing = false;
  /** Where the value that was skipped last ends. */
  #valueEnd = 0;

  constructor(html: string, handler: TokenHandler) {
    this.#html = html;
    this.#handler = handler;
    this.#source = new HtmlSource(html);
  }

  read(): void {
    const html = this.#html;
    const { length } = html;
    while (this.#at < length) {
      let start = this.#at;
      if (html.charCodeAt(start) !== less) {
        start = html.indexOf("<", start);
        if (start < 0) return this.#text(length);
        this.#text(start);
      }
      const next = html.charCodeAt(start + 1);
      if (isLetter(next)) this.#openTag(start + 1);
      else if (next === slash) this.#closeTag(start + 2);
      else if (next === exclamation) this.#markup();
      else if (next === question) this.#skipPast(">");
      else this.#text(start + 1);
    }
  }

  /** All up to there is text. */
  #text(end: number): void {
    this.#handler.text(this.#decoded(this.#at, end));
    this.#at = end;
  }

  #decoded(start: number, end: number): string {
    if (this.#ampersand < start) {
      const found = this.#html.indexOf("&", start);
      this.#ampersand = found < 0 ? this.#html.length : found;
    }
    const text = this.#source.text(start, end);
    return this.#ampersand < end ? decodeHTML(text) : text;
  }

  /** Go on behind the next mark, or at the end where there is none. */
  #skipPast(mark: string): void {
    const end = this.#html.indexOf(mark, this.#at);
    this.#at = end < 0 ? this.#html.length : end + mark.length;
  }

  #openTag(start: number): void {
    const end = endOf(this.#html, start, tagEnds);
    const attributes = this.#attributes(end, maxAttributes);
    if (attributes === undefined) return;
    const element = elementAt(this.#html, start, end);
    if (this.#handler.openTag(element, attributes, this.#isSelfClosing)) this.#rawText(element.name);
  }

  #rawText(name: string): void {
    const end = rawEnds.get(name) ?? never;
    end.lastIndex = this.#at;
    let endsAt = end.exec(this.#html)?.index ?? this.#html.length;
    if (endsAt === this.#at) return;
    if (escapable.has(name)) return this.#text(endsAt);
    if (name === "script" && this.#html.slice(this.#at, endsAt).includes("<!--"))
      endsAt = endOfScript(this.#html, this.#at);
    this.#handler.text(this.#source.text(this.#at, endsAt));
    this.#at = endsAt;
  }

  /** Those of a tag behind its name, as many as there may be; undefined where it never ends. */
  #attributes(start: number, most: number): Attributes | undefined {
    const html = this.#html;
    let first: Attributes | undefined;
    let last: Attributes | undefined;
    let count = 0;
    let at = start;
    this.#isSelfClosing = false;
    for (;;) {
      at = skipSpace(html, at);
      const code = html.charCodeAt(at);
      if (code === greater) {
        this.#at = at + 1;
        return first ?? noAttributes;
      }
      if (code === slash) {
        at += 1;
        this.#isSelfClosing = html.charCodeAt(at) === greater;
        continue;
      }
      if (at >= html.length) {
        this.#at = at;
        return undefined;
      }
      // Its first character may be any, `=` too.
      const nameEnd = endOf(html, at + 1, attributeEnds);
      const value = this.#skipValue(nameEnd);
      if (count < most) {
        count += 1;
        const next = new Attributes(this.#source, attributeNameAt(html, at, nameEnd), value, this.#valueEnd);
        if (last === undefined) first = next;
        else last.follow(next);
        last = next;
      }
      at = this.#at;
    }
  }

  /** Where the value starts of the attribute whose name ends there; it may have none. */
  #skipValue(nameEnd: number): number {
    const html = this.#html;
    const equal = skipSpace(html, nameEnd);
    if (html.charCodeAt(equal) !== equals) {
      this.#at = equal;
      this.#valueEnd = equal;
      return equal;
    }
    const start = skipSpace(html, equal + 1);
    const quote = html.charCodeAt(start);
    if (quote !== doubleQuote && quote !== singleQuote) {
      this.#valueEnd = endOf(html, start, valueEnds);
      this.#at = this.#valueEnd;
      return start;
    }
    const found = html.indexOf(quote === doubleQuote ? '"' : "'", start + 1);
    this.#valueEnd = found < 0 ? html.length : found;
    this.#at = this.#valueEnd + 1;
    return start + 1;
  }

  #closeTag(start: number): void {
    const html = this.#html;
    if (start >= html.length) return this.#text(html.length);
    const innermost = this.#handler.innermost();
    if (innermost !== undefined) {
      const likelyEnd = start + innermost.name.length;
      if (html.charCodeAt(likelyEnd) === greater && html.startsWith(innermost.name, start)) {
        this.#at = likelyEnd + 1;
        return this.#handler.closeInnermost();
      }
    }
    // What has no name is a comment.
    if (!isLetter(html.charCodeAt(start))) return this.#skipPast(">");
    const end = endOf(html, start, tagEnds);
    if (this.#attributes(end, 0) === undefined) return;
    this.#handler.closeTag(elementAt(html, start, end));
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
      this.#handler.text(this.#source.text(start + cdata.length, end));
    } else this.#skipPast(">");
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
