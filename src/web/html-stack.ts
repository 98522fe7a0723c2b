import type { Formats } from "./html-formats.ts";
import { ordinary, scopes, type Kind, type Scope, type Space } from "./html-kinds.ts";

/** Takes the elements and the text of a page; every element that opens is closed. */
export interface HtmlHandler {
  onopentag(name: string, attributes: Record<string, string>): void;
  onclosetag(name: string): void;
  /** Comes in pieces. */
  ontext(text: string): void;
}

/** A name of elements of HTML, or of SVG or MathML. */
export interface Named {
  name: string;
  kind: Kind;
  isForeign: boolean;
  /** Where the innermost open one is; -1 where none is. */
  last: number;
}

/** As deep as browsers go; what is nested deeper becomes a sibling. */
const maxDepth = 512;

/**
 * The elements that are open. Whether one of a name is, and within which bounds, is known without a search: hostile pages
 * have a million end tags below hundreds of open elements.
 */
export class OpenElements {
  readonly #handler: HtmlHandler;
  readonly #formats: Formats;
  readonly #open: Named[] = [];
  /** Where the one of its name below each is. */
  readonly #lower: number[] = [];
  /** By scope, where the innermost element that bounds it is. */
  readonly #bounds: number[] = Object.values(scopes).map(() => -1);
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

  get innermost(): Named | undefined {
    return this.#open[this.#open.length - 1];
  }

  /** Whose rules hold for what comes. */
  get space(): Space {
    return this.#space;
  }

  at(place: number): Named | undefined {
    return this.#open[place];
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
    this.#lower.push(element.last);
    element.last = place;
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
    const { kind } = element;
    element.last = this.#lower.pop() ?? -1;
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

/** Where the innermost open element of some names is; -1 where none is. */
export function lastOf(elements: readonly Named[]): number {
  let last = -1;
  for (let at = 0; at < elements.length; at += 1) last = Math.max(last, elements[at]?.last ?? -1);
  return last;
}

/** Remembers the names of a page: those that the rules know for good, others while one of them is open. */
export class Names {
  readonly #named = new Map<string, Named>();
  readonly #isForeign: boolean;
  readonly #kindOf: (name: string) => Kind | undefined;

  constructor(isForeign: boolean, kindOf: (name: string) => Kind | undefined) {
    this.#isForeign = isForeign;
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
    const kind = this.#kindOf(name) ?? ordinary;
    const named: Named = { name, kind, isForeign: this.#isForeign, last: -1 };
    this.#named.set(name, named);
    return named;
  }

  /** A page of ten million characters has room for a million names. */
  #forget(): void {
    for (const [name, { kind, last }] of this.#named) if (last < 0 && kind === ordinary) this.#named.delete(name);
  }
}

const maxNames = 2_000;
