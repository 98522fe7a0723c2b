import { Formats } from "./html-formats.ts";
import { breaksOut, elementOf, foreignKind, insideForeign, scopes, starts, type Named } from "./html-kinds.ts";
import { type Attributes, noAttributes } from "./html-attributes.ts";
import { Names, OpenElements, type HtmlHandler } from "./html-stack.ts";
import { startsHere } from "./html-starts.ts";
import type { TokenHandler } from "./html-tokens.ts";

/** A page of unclosed formatting would grow with each of its paragraphs. */
const maxResumed = 50_000;

const [head, image, img, p] = [elementOf("head"), elementOf("image"), elementOf("img"), elementOf("p")];
const headings = ["h1", "h2", "h3", "h4", "h5", "h6"].map(elementOf);
const tableParts = new Set(["table", "tr", "tbody", "thead", "tfoot"]);

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
  /** Made when the first name comes that the rules do not know. */
  #names: Names | undefined;
  #foreignNames: { svg: Names; math: Names } | undefined;
  #resumed = 0;
  #hasForm = false;
  readonly #seen: Named[] = [];
  /** Whether a line feed is left out that comes next. */
  #startsLine = false;

  constructor(handler: HtmlHandler) {
    this.#handler = handler;
    this.stack = new OpenElements(handler, this.#formats);
  }

  isForeign(): boolean {
    return this.stack.space !== "html";
  }

  innermost(): Named | undefined {
    return this.stack.innermost;
  }

  openTag(tag: Named, attributes: Attributes, isSelfClosing: boolean): boolean {
    this.#startsLine = false;
    const { stack } = this;
    if (this.isForeign()) {
      if (!breaksOut(tag.name, attributes)) return this.#openForeign(tag.name, attributes, isSelfClosing);
      this.#breakOut();
    }
    const element = tag === image ? img : this.#known(tag);
    const { kind } = element;
    if (stack.innermost === head && !kind.isHead) stack.closeInnermost();
    if (kind.endsParagraph && stack.last(p) >= 0) this.close(p, stack.bound(scopes.button));
    if (kind.start !== starts.none && !startsHere(this, element)) return false;
    if (kind.resumes && this.#formats.isCutOff) this.resume();
    if (kind.startsForeign) return this.#openForeign(tag.name, attributes, isSelfClosing);
    this.open(element, attributes);
    return kind.isText;
  }

  closeTag(tag: Named): void {
    this.#startsLine = false;
    const { innermost } = this.stack;
    if (innermost?.isForeign === true) {
      if (tag.kind.end === "paragraph" || tag.kind.end === "break") this.#breakOut();
      else if (this.#closeForeign(tag.name)) return;
    }
    const element = tag.id < 0 ? this.#names?.find(tag.name) : tag;
    if (element === undefined) return;
    if (typeof element.kind.end === "number") this.close(element, this.stack.bound(element.kind.end));
    else if (element.kind.end === "format") this.endFormat(element);
    else this.#closeByRule(element);
  }

  closeInnermost(): void {
    const { innermost } = this.stack;
    if (innermost === undefined) return;
    if (!innermost.kind.endsAlone && !this.#formats.endLast(innermost, this.stack.depth - 1))
      return this.closeTag(innermost);
    this.#startsLine = false;
    this.stack.closeInnermost();
  }

  #closeByRule(element: Named): void {
    const { stack } = this;
    switch (element.kind.end) {
      case "paragraph":
        if (!this.close(element, stack.bound(scopes.button))) this.#openEmpty("p");
        return;
      case "break":
        return this.#openEmpty("br");
      case "heading": {
        const last = stack.lastOf(headings);
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
    if (this.stack.innermost === head && text.trim() !== "") this.stack.closeInnermost();
    if (this.#formats.isCutOff && this.#takesText(text)) this.resume();
    this.#handler.ontext(text);
  }

  end(): void {
    this.stack.closeTo(0);
  }

  /** Whether this is the first; of these there is one. */
  seeFirst(element: Named): boolean {
    if (this.#seen.includes(element)) return false;
    this.#seen.push(element);
    return true;
  }

  /** Whether no form is open. */
  startForm(): boolean {
    const isFirst = !this.#hasForm;
    this.#hasForm = true;
    return isFirst;
  }

  /** Close the innermost element of a name unless it is below a place; whether there was one. */
  close(element: Named, least: number): boolean {
    const last = this.stack.last(element);
    if (last < 0 || last < least) return false;
    this.stack.closeTo(last);
    return true;
  }

  closeImplied(except?: string): void {
    for (;;) {
      const { innermost } = this.stack;
      if (innermost?.kind.isImplied !== true || innermost.name === except) return;
      this.stack.closeInnermost();
    }
  }

  open(element: Named, attributes: Attributes): void {
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
    const last = this.stack.last(element);
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

  #openForeign(tag: string, attributes: Attributes, isSelfClosing: boolean): false {
    const { space } = this.stack;
    const own = space === "html" ? (tag === "math" ? "math" : "svg") : space;
    this.#handler.onopentag(tag, attributes);
    if (isSelfClosing || this.stack.isFull) this.#handler.onclosetag(tag);
    else {
      const { stack } = this;
      this.#foreignNames ??= {
        svg: new Names(stack, (name) => foreignKind("svg", name)),
        math: new Names(stack, (name) => foreignKind("math", name)),
      };
      stack.pushForeign(this.#foreignNames[own].of(tag), insideForeign(own, tag, attributes));
    }
    return false;
  }

  /** With its number. */
  #known(tag: Named): Named {
    if (tag.id >= 0) return tag;
    this.#names ??= new Names(this.stack);
    return this.#names.of(tag.name);
  }

  /** End the SVG or MathML that is open, or what of it is in HTML that it holds. */
  #breakOut(): void {
    while (this.isForeign()) this.stack.closeInnermost();
  }

  /** Whether the end tag is that of an element of the SVG or MathML that is open. */
  #closeForeign(tag: string): boolean {
    const start = this.stack.foreignStart();
    const [svg, math] = [this.#foreignNames?.svg.find(tag), this.#foreignNames?.math.find(tag)];
    const lastOf = (element: Named | undefined) => (element === undefined ? -1 : this.stack.last(element));
    const element = lastOf(svg) > lastOf(math) ? svg : math;
    return element !== undefined && this.close(element, start);
  }

  /** White space between the rows of a table is in no formatting. */
  #takesText(text: string): boolean {
    const { innermost } = this.stack;
    if (innermost === undefined) return true;
    if (this.isForeign() || innermost.kind.isText) return false;
    return !tableParts.has(innermost.name) || text.trim() !== "";
  }
}
