import { noAttributes } from "./html-attributes.ts";
import { dropAllButMain } from "./main-part.ts";
import { inline, type Part, sentence } from "./page-part.ts";
import type { Element, Sink } from "./sink.ts";

/** Pages with more elements than this are too large to be held: all their text is given. */
const maxParts = 100_000;
/** Chinese, Japanese and Korean say as much in fewer characters. */
const denseScript = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const denseFactor = 2.5;

const controls = new Set(["button", "input", "select", "textarea"]);

/**
 * Hands on the main text of a page: without menus, banners, footers, links to other pages and what asks for consent.
 * The page is kept until it is known what of it that is. A page without a recognisable main part is handed on whole.
 */
export function openMainText(inner: Sink): Sink {
  const parts: Part[] = [];
  /** An element where one opens, text, and undefined where an element ends. */
  let tape: (Part | string | undefined)[] | undefined = [];
  let current: Part | undefined;
  let links = 0;
  let run = 0;

  function endRun(): void {
    if (run >= sentence && current !== undefined) current.ownLong += run;
    run = 0;
  }

  return {
    open(element) {
      if (tape === undefined) return inner.open(element);
      const part = openPart(element, current);
      if (!part.isInline) endRun();
      if (element.name === "a") links += 1;
      current = part;
      parts.push(current);
      tape.push(current);
      if (parts.length < maxParts) return;
      const recorded = tape;
      tape = undefined;
      play(recorded, inner);
    },
    close() {
      if (tape === undefined || current === undefined) return inner.close();
      if (!current.isInline) endRun();
      if (current.name === "a") links -= 1;
      current.end = tape.length;
      tape.push(undefined);
      current = current.parent;
    },
    text(text) {
      if (tape === undefined) return inner.text(text);
      tape.push(text);
      if (current === undefined) return;
      const chars = trimmedLength(text);
      if (chars === 0) return;
      const weight = denseScript.test(text) ? Math.round(chars * denseFactor) : chars;
      if (links > 0) current.ownLink += weight;
      else {
        current.ownText += weight;
        run += weight;
      }
    },
    end() {
      if (tape === undefined) return inner.end();
      endRun();
      dropAllButMain(parts);
      play(tape, inner);
      return inner.end();
    },
  };
}

/** As `text.trim().length`, without the text where both ends are ASCII. */
function trimmedLength(text: string): number {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end -= 1;
  if (start === end) return 0;
  const isPlain = text.charCodeAt(start) < 0x80 && text.charCodeAt(end - 1) < 0x80;
  return isPlain ? end - start : text.trim().length;
}

/** White space of ASCII. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** Hand on what was recorded, without what is dropped. */
function play(tape: readonly (Part | string | undefined)[], inner: Sink): void {
  for (let at = 0; at < tape.length; at += 1) {
    const entry = tape[at];
    if (typeof entry === "string") inner.text(entry);
    else if (entry === undefined) inner.close();
    else if (entry.dropped) at = entry.end;
    else inner.open(entry);
  }
}

function openPart(element: Element, parent: Part | undefined): Part {
  const { name, attributes } = element;
  const isMain = isNamedMain(element);
  const isInline = inline.has(name);
  return {
    name,
    attributes,
    parent,
    end: 0,
    ownText: 0,
    ownLink: 0,
    ownLong: 0,
    text: 0,
    link: 0,
    long: 0,
    h1: 0,
    controls: 0,
    mains: 0,
    isInside: isMain || name === "article" || parent?.isInside === true,
    dropped: false,
    onPath: false,
    isKept: false,
    isInline,
    isControl: !isInline && controls.has(name),
    isMain,
  };
}

function isNamedMain({ name, attributes }: Element): boolean {
  if (name === "main" || attributes === noAttributes) return name === "main";
  return attributes.get("role") === "main" || attributes.get("itemprop") === "articleBody";
}
