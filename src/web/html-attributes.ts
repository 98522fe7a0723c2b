import { decodeHTMLAttribute } from "entities/decode";

/** A page, of which parts are told as text. */
export class HtmlSource {
  readonly html: string;
  /** Whether there are characters that text does not keep as they are. */
  readonly isUntidy: boolean;

  constructor(html: string) {
    this.html = html;
    this.isUntidy = html.includes("\r") || html.includes("\0");
  }

  /** A part as text: its lines end in a line feed, and what it may not hold is not there. */
  text(start: number, end: number): string {
    const text = this.html.slice(start, end);
    return this.isUntidy ? text.replace(/\r\n?/g, "\n").replaceAll("\0", "") : text;
  }
}

const longValue = 256;

/**
 * The attributes of a tag. Their values are read where they are asked for, as few are: an object with all of them took a
 * tenth of the time of a page, and had as many shapes as pages have combinations of attributes.
 */
export class Attributes {
  readonly #source: HtmlSource;
  readonly #names: readonly string[];
  /** Of each where its value starts and where it ends. */
  readonly #places: readonly number[];
  #all: ReadonlyMap<string, string> | undefined;

  constructor(source: HtmlSource, names: readonly string[], places: readonly number[]) {
    this.#source = source;
    this.#names = names;
    this.#places = places;
  }

  /** The value, of several of the name the first; "" for one without a value, undefined for none. */
  get(name: string): string | undefined {
    if (this.#all !== undefined) return this.#all.get(name);
    const at = this.#find(name);
    if (at < 0) return undefined;
    // Formatting starts again with each paragraph: nothing long is read each time.
    const isLong = (this.#places[2 * at + 1] ?? 0) - (this.#places[2 * at] ?? 0) > longValue;
    return isLong ? this.all().get(name) : this.#value(at);
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Names and values in the order of the tag; of several of a name the first. */
  all(): ReadonlyMap<string, string> {
    if (this.#all !== undefined) return this.#all;
    const all = new Map<string, string>();
    for (const [at, name] of this.#names.entries()) if (!all.has(name)) all.set(name, this.#value(at));
    this.#all = all;
    return all;
  }

  #find(name: string): number {
    const names = this.#names;
    for (let at = 0; at < names.length; at += 1) if (names[at] === name) return at;
    return -1;
  }

  #value(at: number): string {
    const text = this.#source.text(this.#places[2 * at] ?? 0, this.#places[2 * at + 1] ?? 0);
    return text.includes("&") ? decodeHTMLAttribute(text) : text;
  }
}

/** Those of every element that has none: whoever would look for several sees at once that there are none. */
export const noAttributes = new Attributes(new HtmlSource(""), [], []);
