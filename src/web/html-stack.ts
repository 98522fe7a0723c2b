import type { Attributes } from "./html-attributes.ts";
import type { Formats } from "./html-formats.ts";
import { namedCount, ordinary, scopes, type Kind, type Named, type Scope, type Space } from "./html-kinds.ts";

/** Takes the elements and the text of a page; every element that opens is closed. */
export interface HtmlHandler {
  onopentag(name: string, attributes: Attributes): void;
  onclosetag(name: string): void;
  /** Comes in pieces. */
  ontext(text: string): void;
}

/** As deep as browsers go; what is nested deeper becomes a sibling. */
const maxDepth = 512;

const noneOpen = Array.from({ length: namedCount }, () => -1);

/**
 * The elements that are open. Whether one of a name is, and within which bounds, is known without a search: hostile pages
 * have a million end tags below hundreds of open elements.
 */
export class OpenElements {
  readonly #handler: HtmlHandler;
  readonly #formats: Formats;
  readonly #open: Named[] = [];
  innermost: Named | undefined;
  /** By the number of a name, where the innermost open element is; -1 where none is. */
  readonly #last = noneOpen.slice();
  /** Where the one of its name below each is. */
  readonly #lower: number[] = [];
  /** By scope, where the innermost element that bounds it is. */
  readonly #bounds: number[] = [-1, -1, -1, -1, -1, -1];
  /** What they were before each of the open elements that bound one. */
  readonly #lowerBounds: number[] = [];
  /** Whose rules hold around each element of SVG and MathML; those of HTML around any other. */
  readonly #around: Space[] = [];
  /** Where SVG or MathML starts in HTML. */
  readonly #foreignStarts: number[] = [];
  /** Places of elements whose end has come while others in them that go on were open. */
  readonly #ended: number[] = [];
  #space: Space = "html";

  constructor(handler: HtmlHandler, formats: Formats) {
    this.#handler = handler;
    this.#formats = formats;
  }

  get depth(): number {
    return this.#open.length;
  }

  get isFull(): boolean {
    return this.#open.length >= maxDepth;
  }

  /** Whose rules hold for what comes. */
  get space(): Space {
    return this.#space;
  }

  at(place: number): Named | undefined {
    return this.#open[place];
  }

  /** Where the innermost open element of a name is; -1 where none is. */
  last({ id }: Named): number {
    return this.#last[id] ?? -1;
  }

  /** Where the innermost of some names is. */
  lastOf(elements: readonly Named[]): number {
    let last = -1;
    for (let at = 0; at < elements.length; at += 1) {
      const element = elements[at];
      if (element !== undefined) last = Math.max(last, this.last(element));
    }
    return last;
  }

  /** The number of one more name. */
  addName(): number {
    return this.#last.push(-1) - 1;
  }

  /** Where the innermost element that bounds a scope is; -1 where none does. */
  bound(scope: Scope): number {
    const own = this.#bounds[scope] ?? -1;
    if (scope === scopes.any || scope === scopes.table) return own;
    const all = Math.max(own, this.#bounds[scopes.any] ?? -1);
    return scope === scopes.unnamed ? Math.max(all, this.#bounds[scopes.item] ?? -1) : all;
  }

  /** Where the SVG or MathML that is open starts in HTML; -1 where none is. */
  foreignStart(): number {
    return lastIn(this.#foreignStarts);
  }

  push(element: Named): void {
    const place = this.#open.length;
    this.#open.push(element);
    this.innermost = element;
    this.#lower.push(this.#last[element.id] ?? -1);
    this.#last[element.id] = place;
    const { bounds } = element.kind;
    for (let at = 0; at < bounds.length; at += 1) {
      const scope = bounds[at] ?? 0;
      this.#lowerBounds.push(this.#bounds[scope] ?? -1);
      this.#bounds[scope] = place;
    }
  }

  /** @param inside whose rules hold in the element */
  pushForeign(element: Named, inside: Space): void {
    if (this.innermost?.isForeign !== true) this.#foreignStarts.push(this.depth);
    this.#around.push(this.#space);
    this.#space = inside;
    this.push(element);
  }

  /** Close what is open down to this place, it too. */
  closeTo(place: number): void {
    while (this.#open.length > place) this.closeInnermost();
  }

  closeInnermost(): void {
    this.#close();
    if (this.#ended.length > 0) this.#closeEnded();
  }

  #closeEnded(): void {
    while (this.#ended.length > 0 && lastIn(this.#ended) === this.#open.length - 1) this.#close();
  }

  /** Close an element together with what it is in, since what is in it goes on. */
  closeLater(place: number): void {
    if (this.#ended.includes(place)) return;
    this.#ended.push(place);
    this.#ended.sort((a, b) => a - b);
  }

  #close(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    const place = this.#open.length;
    this.innermost = place > 0 ? this.#open[place - 1] : undefined;
    const { kind } = element;
    this.#last[element.id] = this.#lower.pop() ?? -1;
    const { bounds } = kind;
    for (let at = bounds.length - 1; at >= 0; at -= 1) this.#bounds[bounds[at] ?? 0] = this.#lowerBounds.pop() ?? -1;
    if (element.isForeign) {
      this.#space = this.#around.pop() ?? "html";
      if (this.foreignStart() === place) this.#foreignStarts.pop();
    }
    if (this.#ended.length > 0 && lastIn(this.#ended) === place) this.#ended.pop();
    if (kind.isFormat || kind.isolates) this.#formats.onClose(element, place);
    this.#handler.onclosetag(element.name);
  }
}

function lastIn(places: readonly number[]): number {
  return places.length === 0 ? -1 : (places[places.length - 1] ?? -1);
}

/** Remembers names of a page that the rules do not know: those of elements of HTML, of SVG, or of MathML. */
export class Names {
  readonly #named = new Map<string, Named>();
  readonly #stack: OpenElements;
  readonly #kindOf: ((name: string) => Kind) | undefined;

  /** @param kindOf of SVG or MathML, what the rules say of its elements */
  constructor(stack: OpenElements, kindOf?: (name: string) => Kind) {
    this.#stack = stack;
    this.#kindOf = kindOf;
  }

  /** What is remembered of a name. */
  find(name: string): Named | undefined {
    return this.#named.get(name);
  }

  of(name: string): Named {
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    if (this.#named.size >= maxNames) this.#forget();
    const kind = this.#kindOf?.(name) ?? ordinary;
    const named = { name, kind, isForeign: this.#kindOf !== undefined, id: this.#stack.addName() };
    this.#named.set(name, named);
    return named;
  }

  /** A page of ten million characters has room for a million names. */
  #forget(): void {
    for (const [name, element] of this.#named) if (this.#stack.last(element) < 0) this.#named.delete(name);
  }
}

const maxNames = 2_000;
