import { elementOf, type Named } from "./html-kinds.ts";

const slash = 47;
const equals = 61;
const greater = 62;

/**
 * Names that were read lately. One that comes again costs no new string, and the engine compares the same string at
 * once: pages have a few dozen names, thousands of times.
 */
const lateElements: (Named | undefined)[] = Array.from({ length: 1_024 }, () => undefined);
const lateNames: string[] = Array.from({ length: 1_024 }, () => "");
const longestName = 32;

/** The element of a name that stands there in any case. */
export function elementAt(html: string, start: number, end: number): Named {
  const slot = slotOf(html, start, end);
  const late = lateElements[slot];
  if (late !== undefined && late.name.length === end - start && html.startsWith(late.name, start)) return late;
  const element = elementOf(lowered(html, start, end));
  if (end - start <= longestName) lateElements[slot] = element;
  return element;
}

export function attributeNameAt(html: string, start: number, end: number): string {
  const slot = slotOf(html, start, end);
  const late = lateNames[slot] ?? "";
  if (late.length === end - start && html.startsWith(late, start)) return late;
  const name = lowered(html, start, end);
  if (end - start <= longestName) lateNames[slot] = name;
  return name;
}

function slotOf(html: string, start: number, end: number): number {
  const middle = html.charCodeAt((start + end) >> 1);
  return (html.charCodeAt(start) * 31 + middle * 5 + html.charCodeAt(end - 1) * 7 + (end - start) * 67) & 1_023;
}

function lowered(html: string, start: number, end: number): string {
  const name = html.slice(start, end).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return name.length <= longestName ? ownString(name) : name;
}

/** A text that is no part of a page, which it would keep in memory: as a key it is a string of its own. */
export function ownString(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? "";
}

/** A tab, a line feed, a form feed, a carriage return, a space. */
function isSpace(code: number): boolean {
  return code === 32 || (code <= 13 && code >= 9 && code !== 11);
}

export const tagEnds = 1;
export const attributeEnds = 2;
export const valueEnds = 4;
/** What each of the first characters is, as a sum of these. */
const marks = new Uint8Array(greater + 1);
for (const space of "\t\n\f\r ") marks[space.charCodeAt(0)] = tagEnds | attributeEnds | valueEnds;
marks[greater] = tagEnds | attributeEnds | valueEnds;
marks[slash] = tagEnds | attributeEnds;
marks[equals] = attributeEnds;

/** Where a name or a value ends that has no quotes around it. */
export function endOf(html: string, start: number, ends: number): number {
  let at = start;
  for (;;) {
    const code = html.charCodeAt(at);
    // Most characters are letters, which come behind all that end something.
    if (code <= greater && ((marks[code] ?? 0) & ends) !== 0) return at;
    if (at >= html.length) return at;
    at += 1;
  }
}

export function skipSpace(html: string, start: number): number {
  let at = start;
  while (isSpace(html.charCodeAt(at))) at += 1;
  return at;
}
