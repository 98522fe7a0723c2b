import type { Attributes } from "./html-attributes.ts";
import { openFormula, openVerbatim } from "./markdown-code.ts";
import { current, escapeMarkdown, type Close, type State } from "./markdown-state.ts";
import { collapse, type Element } from "./sink.ts";

const marks: Record<string, string> = { b: "**", strong: "**", em: "*", i: "*", del: "~~", s: "~~", strike: "~~" };

/** An element within a line. */
export function openInline(state: State, element: Element): Close | undefined {
  const { name } = element;
  switch (name) {
    case "a":
      return openLink(state, element);
    case "code":
    case "kbd":
    case "samp":
    case "tt":
      return openVerbatim(state, element);
    case "img":
      return writeImage(state, element);
    case "sup":
      return openRaised(state);
    case "q":
      current(state).text("\u201c");
      return () => current(state).text("\u201d");
    case "math":
    case "script":
      return openFormula(state, element);
    case "rt":
      current(state).literal("(");
      return () => current(state).literal(")");
    case "rp":
      return openSign(state, () => {});
    case "input":
      return writeCheckbox(state, element);
  }
  const mark = state.style === "markdown" ? marks[name] : undefined;
  return mark === undefined ? undefined : openMark(state, mark, mark);
}

/** Collect a text that is not written as it stands. */
function openSign(state: State, write: (text: string) => void): Close {
  const text: string[] = [];
  state.capture = text;
  return () => {
    state.capture = undefined;
    write(collapse(text.join("")));
  };
}

function openLink(state: State, { attributes }: Element): Close | undefined {
  const href = attributes.get("href") ?? "";
  if (href.startsWith("#")) {
    const classes = attributes.get("class") ?? "";
    const role = attributes.get("role");
    if (state.headings > 0) return openSign(state, (text) => writeUnlessSign(state, text));
    if (
      role === "doc-backlink" ||
      /\bback-?(?:ref|link)|footnote-back/i.test(classes) ||
      /^#(?:cite_?ref|fn-?ref)/.test(href)
    )
      return openSign(state, () => {});
    if (state.sups > 0 || role === "doc-noteref" || /footnote|noteref/i.test(classes))
      return openSign(state, (text) => writeNoteMark(state, text));
  }
  const url = state.style === "markdown" ? state.resolve(href) : undefined;
  return url === undefined ? undefined : openMark(state, "[", `](${encodeParentheses(url)})`);
}

/** Headings link to themselves with a sign. */
function writeUnlessSign(state: State, text: string): void {
  if (/[\p{L}\p{N}]/u.test(text)) current(state).text(text);
}

function writeNoteMark(state: State, text: string): void {
  const label = text.replace(/[^\p{L}\p{N}]/gu, "");
  state.raised = false;
  if (label === "") current(state).text(text);
  else current(state).literal(state.style === "markdown" ? `[^${label}]` : `[${label}]`);
}

function openMark(state: State, open: string, close: string): Close {
  const writer = current(state);
  writer.startMark(open, close);
  return () => writer.endMark();
}

function openRaised(state: State): Close {
  state.sups += 1;
  state.raised = true;
  return () => {
    state.sups -= 1;
    state.raised = false;
  };
}

/** Pictures that have a description; what only counts visits has none to see. */
function writeImage(state: State, { attributes }: Element): undefined {
  const alt = collapse(attributes.get("alt") ?? "");
  if (alt === "" || (attributes.get("width") === "1" && attributes.get("height") === "1")) return;
  const isSign = /\bemoji\b/.test(attributes.get("class") ?? "") || /^\p{Extended_Pictographic}/u.test(alt);
  const url = state.style === "markdown" && !isSign ? state.resolve(sourceOf(attributes)) : undefined;
  if (url === undefined) current(state).text(alt);
  else current(state).literal(`![${escapeMarkdown(alt, false)}](${encodeParentheses(url)})`);
}

/** Pictures that are loaded late have a placeholder for their address, and it elsewhere. */
function sourceOf(attributes: Attributes): string | undefined {
  const late = attributes.get("data-src") ?? attributes.get("data-lazy-src") ?? attributes.get("data-original");
  const set = attributes.get("srcset") ?? attributes.get("data-srcset");
  const src = attributes.get("src");
  const shown = src === undefined || src === "" || src.startsWith("data:") ? undefined : src;
  return late ?? shown ?? /^\s*([^\s,]+)/.exec(set ?? "")?.[1];
}

function writeCheckbox(state: State, { attributes }: Element): undefined {
  if (attributes.get("type") !== "checkbox" || state.lists.length === 0) return;
  current(state).literal(attributes.has("checked") ? "[x]" : "[ ]");
  current(state).text(" ");
}

function encodeParentheses(url: string): string {
  return url.replaceAll("(", "%28").replaceAll(")", "%29");
}
