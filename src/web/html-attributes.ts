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

  /** A part as the value of an attribute: there it is not gone, but seen not to belong. */
  value(start: number, end: number): string {
    const text = this.html.slice(start, end);
    return this.isUntidy ? text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd") : text;
  }
}

/** Longer values are read once: formatting starts again with each paragraph, and its attributes are asked for each time. */
const longValue = 256;

/**
 * The attributes of a tag, a list that starts with the first. Their values are read where they are asked for, as few are:
 * an object with all of them took a tenth of the time of a page, and had as many shapes as pages have combinations of
 * attributes.
 */
export class Attributes {
  readonly #source: HtmlSource;
  readonly #name: string;
  readonly #start: number;
  readonly #end: number;
  #next: Attributes | undefined = undefined;
  #all: ReadonlyMap<string, string> | undefined = undefined;

  /** @param name "" for none */
  constructor(source: HtmlSource, name: string, start: number, end: number) {
    this.#source = source;
    this.#name = name;
    this.#start = start;
    this.#end = end;
  }

  /** The tag has one more behind this one. */
  follow(next: Attributes): void {
    this.#next = next;
  }

  /** The value, of several of the name the first; "" for one without a value, undefined for none. */
  get(name: string): string | undefined {
    if (this.#all !== undefined) return this.#all.get(name);
    const found = this.#find(name);
    if (found === undefined) return undefined;
    return found.#end - found.#start > longValue ? this.all().get(name) : found.#value();
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Names and values in the order of the tag; of several of a name the first. */
  all(): ReadonlyMap<string, string> {
    if (this.#all !== undefined) return this.#all;
    const all = new Map<string, string>();
    if (this.#name !== "") all.set(this.#name, this.#value());
    for (let at = this.#next; at !== undefined; at = at.#next) if (!all.has(at.#name)) all.set(at.#name, at.#value());
    this.#all = all;
    return all;
  }

  /** As `all`, in the form of other libraries. */
  record(): Record<string, string> {
    const record: Record<string, string> = {};
    if (this.#name !== "") record[this.#name] = this.#value();
    for (let at = this.#next; at !== undefined; at = at.#next)
      if (!Object.hasOwn(record, at.#name)) record[at.#name] = at.#value();
    return record;
  }

  #find(name: string): Attributes | undefined {
    if (this.#name === name) return this;
    let at = this.#next;
    while (at !== undefined && at.#name !== name) at = at.#next;
    return at;
  }

  #value(): string {
    const text = this.#source.value(this.#start, this.#end);
    return text.includes("&") ? decodeHTMLAttribute(text) : text;
  }
}

/** Those of every element that has none: whoever would look for several sees at once that there are none. */
export const noAttributes = new Attributes(new HtmlSource(""), "", 0, 0);
