import type { Attributes } from "./html-attributes.ts";
import type { Named } from "./html-kinds.ts";

/** An element of formatting that has started and was not ended by its own end tag. */
export interface Format {
  element: Named;
  attributes: Attributes;
  /** On the stack; -1 where something else cut it off. */
  place: number;
}

/** Of the same name and attributes; older ones are forgotten. */
const maxSame = 3;
/** Of a cell, or of what is around it; the oldest is forgotten. */
const maxFormats = 32;

/**
 * The formatting that holds, open or not, by cell: what is open around a cell does not start again in it.
 * https://html.spec.whatwg.org/multipage/parsing.html#the-list-of-active-formatting-elements
 */
export class Formats {
  #list: Format[] = [];
  /** Of what is around; undefined where that was empty, as it mostly is: then the list stays the same one. */
  readonly #outer: (Format[] | undefined)[] = [];

  /** Whether the innermost was cut off. */
  get isCutOff(): boolean {
    const { length } = this.#list;
    return length > 0 && (this.#list[length - 1]?.place ?? 0) < 0;
  }

  /** Those that were cut off and have to start again. */
  cutOff(): Format[] {
    return this.#list.slice(this.#list.findLastIndex(({ place }) => place >= 0) + 1);
  }

  last(element: Named): Format | undefined {
    for (let at = this.#list.length - 1; at >= 0; at -= 1) {
      const format = this.#list[at];
      if (format?.element === element) return format;
    }
    return undefined;
  }

  add(format: Format): void {
    if (this.#list.length > 0) this.#makeRoom(format);
    this.#list.push(format);
  }

  #makeRoom(format: Format): void {
    const same = this.#list.filter((other) => isSame(other, format));
    const [oldest] = same;
    if (same.length >= maxSame && oldest !== undefined) this.remove(oldest);
    else if (this.#list.length >= maxFormats) this.#list.shift();
  }

  remove(format: Format): void {
    if (this.#list[this.#list.length - 1] === format) this.#list.pop();
    else {
      const at = this.#list.indexOf(format);
      if (at >= 0) this.#list.splice(at, 1);
    }
  }

  /** Whether the innermost is this one, and ends: the commonest case, and then nothing else does. */
  endLast(element: Named, place: number): boolean {
    const last = this.#list.length > 0 ? this.#list[this.#list.length - 1] : undefined;
    if (last === undefined || last.element !== element || last.place !== place) return false;
    this.#list.pop();
    return true;
  }

  /** A cell or the like starts. */
  isolate(): void {
    const isEmpty = this.#list.length === 0;
    this.#outer.push(isEmpty ? undefined : this.#list);
    if (!isEmpty) this.#list = [];
  }

  onClose({ kind }: Named, place: number): void {
    if (kind.isolates) {
      const outer = this.#outer.pop();
      if (outer !== undefined) this.#list = outer;
      else if (this.#list.length > 0) this.#list = [];
    } else {
      for (let at = this.#list.length - 1; at >= 0; at -= 1) {
        const format = this.#list[at];
        if (format?.place !== place) continue;
        format.place = -1;
        return;
      }
    }
  }

  forget(): void {
    this.#list = [];
  }
}

function isSame(one: Format, other: Format): boolean {
  if (one.element !== other.element) return false;
  const [attributes, others] = [one.attributes.all(), other.attributes.all()];
  return attributes.size === others.size && [...attributes].every(([name, value]) => others.get(name) === value);
}
