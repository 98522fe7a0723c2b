import { Formats } from "./html-formats.ts";
import { breaksOut, foreignKind, insideForeign, kindOf, scopes } from "./html-kinds.ts";
import { lastOf, Names, OpenElements, type HtmlHandler, type Named } from "./html-stack.ts";
import { startsHere } from "./html-starts.ts";
import type { TokenHandler } from "./html-tokens.ts";

/** A page of unclosed formatting would grow with each of its paragraphs. */
const maxResumed = 50_000;

const tableParts = new Set(["table", "tr", "tbody", "thead", "tfoot"]);
const noAttributes: Record<string, string> = Object.freeze({});

/**
 * Makes elements of tags, by the rules of the standard as far as a page can be read in one pass: nothing that was told is
 * moved or taken back. So what stands between the rows of a table is told where it stands, formatting that ends within a
 * block which started in it ends with that block, and `html`, `head`, `body` and `tbody` are not made up.
 * https://html.spec.whatwg.org/multipage/parsing.html#parsing-main-inbody
 */
export class TreeBuilder implements TokenHandler {
  readonly stack: OpenElements;
  readonly #handler: HtmlHandler;
  readonly #formats = new Formats();
  readonly #names = new Names(false, kindOf);
  readonly #foreignNames = {
    svg: new Names(true, (name) => foreignKind("svg", name)),
    math: new Names(true, (name) => foreignKind("math", name)),
  };
  /** Those that are looked for most. */
  readonly parts = namesOf(this.#names);
  #resumed = 0;
  #hasForm = false;
  readonly #seen = new Set<string>();
  /** Whether a line feed is left out that comes next. */
  #startsLine = false;

  constructor(handler: HtmlHandler) {
    this.#handler = handler;
    this.stack = new OpenElements(handler, this.#formats);
  }

  isForeign(): boolean {
    return this.stack.space !== "html";
  }

  innermost(): string {
    return this.stack.innermost?.name ?? "";
  }

  openTag(tag: string, attributes: Record<string, string>, isSelfClosing: boolean): boolean {
    this.#startsLine = false;
    const { stack } = this;
    if (this.isForeign()) {
      if (!breaksOut(tag, attributes)) return this.#openForeign(tag, attributes, isSelfClosing);
      this.#breakOut();
    }
    const element = this.#names.of(tag === "image" ? "img" : tag);
    const { kind } = element;
    if (stack.innermost === this.parts.head && !kind.isHead) this.stack.closeInnermost();
    if (kind.endsParagraph && this.parts.p.last >= 0) this.close(this.parts.p, stack.bound(scopes.button));
    if (kind.start !== undefined && !startsHere(this, element)) return false;
    if (kind.resumes) this.resume();
    if (kind.startsForeign) return this.#openForeign(tag, attributes, isSelfClosing);
    this.open(element, attributes);
    return kind.isText;
  }

  closeTag(tag: string): void {
    this.#startsLine = false;
    const { innermost } = this.stack;
    if (innermost?.name === tag && innermost.kind.endsAlone) return this.stack.closeInnermost();
    if (innermost?.isForeign === true) {
      if (tag === "p" || tag === "br") this.#breakOut();
      else if (this.#closeForeign(tag)) return;
    }
    const element = this.#names.find(tag);
    if (element === undefined || tag === "br") {
      if (tag === "br" || tag === "p") this.#openEmpty(tag);
    } else if (typeof element.kind.end === "number") this.close(element, this.stack.bound(element.kind.end));
    else if (element.kind.end === "format") this.endFormat(element);
    else this.#closeByRule(element);
  }

  #closeByRule(element: Named): void {
    const { stack } = this;
    switch (element.kind.end) {
      case "paragraph":
        if (!this.close(element, stack.bound(scopes.button))) this.#openEmpty("p");
        return;
      case "heading": {
        const last = lastOf(this.parts.headings);
        if (last > stack.bound(scopes.any)) stack.closeTo(last);
        return;
      }
      case "form":
        return this.#endForm(element);
      case "always":
        return void this.close(element, 0);
      default:
    }
  }

  text(piece: string): void {
    let text = piece;
    if (this.#startsLine) {
      this.#startsLine = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    if (text === "") return;
    if (this.stack.innermost === this.parts.head && text.trim() !== "") this.stack.closeInnermost();
    if (this.#formats.isCutOff && this.#takesText(text)) this.resume();
    this.#handler.ontext(text);
  }

  end(): void {
    this.stack.closeTo(0);
  }

  /** Whether this is the first; of these there is one. */
  seeFirst(name: string): boolean {
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    return true;
  }

  /** Whether no form is open. */
  startForm(): boolean {
    const isFirst = !this.#hasForm;
    this.#hasForm = true;
    return isFirst;
  }

  /** Where the innermost open element of a name is; -1 where none is. */
  last(name: string): number {
    return this.#names.find(name)?.last ?? -1;
  }

  /** Close the innermost element of a name unless it is below a place; whether there was one. */
  close(element: Named, least: number): boolean {
    const last = element.last;
    if (last < 0 || last < least) return false;
    this.stack.closeTo(last);
    return true;
  }

  closeName(name: string, least: number): boolean {
    return this.close(this.#names.of(name), least);
  }

  closeImplied(except?: string): void {
    for (;;) {
      const { innermost } = this.stack;
      if (innermost?.kind.isImplied !== true || innermost.name === except) return;
      this.stack.closeInnermost();
    }
  }

  openName(name: string): void {
    this.open(this.#names.of(name), noAttributes);
  }

  open(element: Named, attributes: Record<string, string>): void {
    const { name, kind } = element;
    const { stack } = this;
    this.#handler.onopentag(name, attributes);
    // What is only text is no nesting, and not to be shown as if it were around it.
    if (kind.isVoid || (stack.isFull && !kind.isText)) return this.#handler.onclosetag(name);
    stack.push(element);
    if (kind.isFormat) this.#formats.add({ element, attributes, place: stack.depth - 1 });
    else if (kind.isolates) this.#formats.isolate();
    else this.#startsLine = kind.startsLine;
  }

  /** Start formatting again that was cut off. */
  resume(): void {
    if (!this.#formats.isCutOff) return;
    for (const format of this.#formats.cutOff()) {
      if (this.#resumed >= maxResumed || this.stack.isFull) return this.#formats.forget();
      this.#resumed += 1;
      this.#handler.onopentag(format.element.name, format.attributes);
      this.stack.push(format.element);
      format.place = this.stack.depth - 1;
    }
  }

  /** By its end tag, or since another of its kind starts. */
  endFormat(element: Named): void {
    const format = this.#formats.last(element);
    const { stack } = this;
    if (format === undefined) return void this.close(element, stack.bound(scopes.unnamed));
    const { place } = format;
    if (place >= 0 && place < stack.bound(scopes.any)) return;
    this.#formats.remove(format);
    if (place < 0) return;
    // A block in it goes on.
    if (stack.bound(scopes.unnamed) > place) stack.closeLater(place);
    else stack.closeTo(place);
  }

  hasFormat(element: Named): boolean {
    return this.#formats.last(element) !== undefined;
  }

  #endForm(element: Named): void {
    const last = element.last;
    const isOpen = this.#hasForm && last > this.stack.bound(scopes.any);
    this.#hasForm = false;
    if (!isOpen) return;
    this.closeImplied();
    if (this.stack.depth - 1 === last) this.stack.closeTo(last);
    else this.stack.closeLater(last);
  }

  /** Browsers take `p` and `br` for elements where they only end. */
  #openEmpty(name: string): void {
    if (name === "br") this.resume();
    this.#handler.onopentag(name, noAttributes);
    this.#handler.onclosetag(name);
  }

  #openForeign(tag: string, attributes: Record<string, string>, isSelfClosing: boolean): false {
    const { space } = this.stack;
    const own = space === "html" ? (tag === "math" ? "math" : "svg") : space;
    this.#handler.onopentag(tag, attributes);
    if (isSelfClosing || this.stack.isFull) this.#handler.onclosetag(tag);
    else this.stack.pushForeign(this.#foreignNames[own].of(tag), insideForeign(own, tag, attributes));
    return false;
  }

  /** End the SVG or MathML that is open, or what of it is in HTML that it holds. */
  #breakOut(): void {
    while (this.isForeign()) this.stack.closeInnermost();
  }

  /** Whether the end tag is that of an element of the SVG or MathML that is open. */
  #closeForeign(tag: string): boolean {
    const start = this.stack.foreignStart();
    const { svg, math } = this.#foreignNames;
    return [svg.find(tag), math.find(tag)]
      .filter((element) => element !== undefined)
      .toSorted((one, other) => other.last - one.last)
      .some((element) => this.close(element, start));
  }

  /** White space between the rows of a table is in no formatting. */
  #takesText(text: string): boolean {
    const { innermost } = this.stack;
    if (innermost === undefined) return true;
    if (this.isForeign() || innermost.kind.isText) return false;
    return !tableParts.has(innermost.name) || text.trim() !== "";
  }
}

function namesOf(names: Names) {
  return {
    head: names.of("head"),
    p: names.of("p"),
    tr: names.of("tr"),
    cells: ["td", "th", "caption"].map((name) => names.of(name)),
    sections: ["tbody", "thead", "tfoot"].map((name) => names.of(name)),
    headings: ["h1", "h2", "h3", "h4", "h5", "h6"].map((name) => names.of(name)),
    lists: ["select", "datalist"].map((name) => names.of(name)),
    optgroup: names.of("optgroup"),
  };
}
