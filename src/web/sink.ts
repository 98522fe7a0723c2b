import type { JsonValue } from "../message.ts";
import type { Attributes } from "./html-attributes.ts";

/** Takes the elements and the text of a page, in order and without what is never shown, and makes something of them. */
export interface Sink {
  open(element: Element): void;
  /** The innermost open element ends. */
  close(): void;
  text(text: string): void;
  end(): JsonValue;
}

export interface Element {
  name: string;
  attributes: Attributes;
}

/** The absolute http(s) address behind an attribute; undefined for any other. */
export type Resolve = (href: string | undefined) => string | undefined;

/** Text with its runs of white space made one space each. */
export function collapse(text: string): string {
  return untidy.test(text) ? text.replace(/\s+/g, " ").trim() : text.trim();
}

const untidy = /[^\S ]|  /;
