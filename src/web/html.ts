import { Parser, type Handler } from "htmlparser2";
import { Tokenizer, type TokenHandler } from "./html-tokens.ts";

/** Takes the elements and the text of a page; every element that opens is closed. */
export interface HtmlHandler {
  onopentag(name: string, attributes: Record<string, string>): void;
  onclosetag(name: string): void;
  /** Comes in pieces. */
  ontext(text: string): void;
}

/** As deep as browsers go; what is nested deeper becomes a sibling. */
const maxDepth = 512;

/** Whose rules hold. */
type Space = "html" | "svg" | "math";

/** What the rules of HTML say of an element. */
interface Kind {
  /** The elements that end where this one starts right in them. */
  ends: ReadonlySet<string>;
  isVoid: boolean;
  /** What is in it; undefined where that is as around it. */
  inside: Space | undefined;
  /** Where it is so; undefined where it is everywhere. */
  within: Space | undefined;
}

const nothing: ReadonlySet<string> = new Set();
const ordinary: Kind = { ends: nothing, isVoid: false, inside: undefined, within: undefined };
const kinds = new Map<string, Kind>();

function define(names: string, kind: Partial<Kind>): void {
  for (const name of names.split(" ")) kinds.set(name, { ...ordinary, ...kinds.get(name), ...kind });
}

const blocks =
  "address article aside blockquote details div dl fieldset figcaption figure footer form header hr main nav ol p pre section table ul";
const headings = "h1 h2 h3 h4 h5 h6";
define(blocks, { ends: new Set(["p"]) });
define(headings, { ends: new Set(["p", ...headings.split(" ")]) });
define("button datalist input output select textarea", {
  ends: new Set(["button", "datalist", "input", "optgroup", "option", "select", "textarea"]),
});
define("dd dt", { ends: new Set(["dd", "dt"]) });
define("rp rt", { ends: new Set(["rp", "rt"]) });
define("tbody tfoot", { ends: new Set(["thead", "tbody"]) });
define("tr", { ends: new Set(["tr", "th", "td"]) });
define("th", { ends: new Set(["th"]) });
define("td", { ends: new Set(["thead", "th", "td"]) });
define("body", { ends: new Set(["head", "link", "script"]) });
define("a", { ends: new Set(["a"]) });
define("li", { ends: new Set(["li"]) });
define("option", { ends: new Set(["option"]) });
define("optgroup", { ends: new Set(["optgroup", "option"]) });
define("area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr", {
  isVoid: true,
});
define("math", { inside: "math" });
define("svg", { inside: "svg" });
define("annotation-xml desc mi mn mo ms mtext title", { inside: "html" });
define("foreignobject", { inside: "html", within: "svg" });

/** Feed HTML to a handler. Time and stack stay bounded for any nesting. */
export function parseHtml(html: string, handler: HtmlHandler): void {
  const elements = new OpenElements(handler);
  new Tokenizer(html, elements).read();
  elements.closeAll();
}

/** Makes elements of tags, by the rules of HTML for those that are left out, as far as a page can be read in one pass. */
class OpenElements implements TokenHandler {
  readonly #handler: HtmlHandler;
  readonly #open: string[] = [];
  /** Whose rules hold now, and held around each open element. */
  #space: Space = "html";
  readonly #around: Space[] = [];

  constructor(handler: HtmlHandler) {
    this.#handler = handler;
  }

  isForeign(): boolean {
    return this.#space !== "html";
  }

  openTag(tag: string, attributes: Record<string, string>, isSelfClosing: boolean): void {
    const open = this.#open;
    const name = this.#nameOf(tag);
    // There is no form in a form.
    if (name === "form" && open.includes("form")) return;
    const { ends, isVoid, inside, within = this.#space } = kinds.get(name) ?? ordinary;
    while (open.length > 0 && ends.has(open.at(-1) ?? "")) this.#closeInnermost();
    this.#handler.onopentag(name, attributes);
    if (isVoid || open.length >= maxDepth) return this.#handler.onclosetag(name);
    open.push(name);
    this.#around.push(this.#space);
    if (inside !== undefined && within === this.#space) this.#space = inside;
    if (isSelfClosing && this.isForeign()) this.#closeInnermost();
  }

  closeTag(tag: string): void {
    const name = this.#nameOf(tag);
    const at = this.#open.lastIndexOf(name);
    if (at >= 0) while (this.#open.length > at) this.#closeInnermost();
    else if (name === "p" || name === "br") this.#empty(name);
  }

  text(piece: string): void {
    this.#handler.ontext(piece);
  }

  closeAll(): void {
    while (this.#open.length > 0) this.#closeInnermost();
  }

  #nameOf(tag: string): string {
    return tag === "image" && !this.isForeign() ? "img" : tag;
  }

  #closeInnermost(): void {
    const name = this.#open.pop() ?? "";
    this.#space = this.#around.pop() ?? "html";
    this.#handler.onclosetag(name);
  }

  /** Browsers take these two for elements where they only end. */
  #empty(name: "p" | "br"): void {
    this.openTag(name, {}, false);
    if (this.#open.at(-1) === name) this.#closeInnermost();
  }
}

/** As `parseHtml`, of XML: the case of names counts, any element may be empty, and entities are the five of the standard. */
export function parseXml(xml: string, handler: Partial<Handler>): void {
  new BoundedParser(handler).end(xml);
}

/**
 * htmlparser2 moves its whole stack of open elements for each tag: 100,000 nested ones took it 6 s. Beyond the depth
 * limit an element counts as void, so that it is never put on that stack.
 */
class BoundedParser extends Parser {
  private depth = 0;
  private tooDeep = false;
  private closing = false;

  constructor(handler: Partial<Handler>) {
    const bounded: Partial<Handler> = {
      ...handler,
      onopentag: (name, attributes, isImplied) => {
        this.depth += 1;
        handler.onopentag?.(name, attributes, isImplied);
      },
      onclosetag: (name, isImplied) => {
        this.depth -= 1;
        handler.onclosetag?.(name, isImplied);
      },
    };
    super(bounded, { xmlMode: true });
  }

  override onopentagname(start: number, endIndex: number): void {
    this.tooDeep = this.depth >= maxDepth;
    super.onopentagname(start, endIndex);
  }

  override onclosetag(start: number, endIndex: number): void {
    this.closing = true;
    super.onclosetag(start, endIndex);
    this.closing = false;
  }

  override isVoidElement(): boolean {
    return this.tooDeep && !this.closing;
  }
}
