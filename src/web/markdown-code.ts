import { current, type Close, type State } from "./markdown-state.ts";
import { collapse, type Element } from "./sink.ts";

/** Each on a line of its own in code that is marked up line by line. */
const lines = new Set(["div", "p", "li", "tr"]);

/** A block of code, or code in a line. */
export function openVerbatim(state: State, element: Element): Close {
  const code: string[] = [];
  const { language } = state;
  state.capture = code;
  state.language = codeLanguage(element) || (element.name === "pre" ? language : "");
  return () => {
    const text = code.join("");
    const known = state.language;
    state.capture = undefined;
    state.language = language;
    if (text.trim() === "") return;
    if (element.name === "pre" && state.flat === 0) writeCodeBlock(state, text, known);
    else if (state.style === "text") current(state).text(text);
    else {
      const ticks = "`".repeat(longestTicks(text) + 1);
      current(state).literal(`${ticks}${collapse(text)}${ticks}`);
    }
  };
}

/** What an element means in text that is collected. */
export function insideVerbatim(state: State, element: Element): Close | undefined {
  const { capture } = state;
  const { name, attributes } = element;
  if (capture === undefined) return undefined;
  if (name === "annotation") return openAnnotation(state, capture, attributes.get("encoding") ?? "");
  if (name === "br") capture.push("\n");
  else if (name === "code" && state.language === "") state.language = codeLanguage(element);
  else if (lines.has(name) && capture.length > 0 && capture.at(-1)?.endsWith("\n") === false) capture.push("\n");
  return undefined;
}

/** The source of a formula stands beside its signs. */
function openAnnotation(state: State, outer: string[], encoding: string): Close {
  const text: string[] = [];
  state.capture = text;
  return () => {
    if (/tex/i.test(encoding)) state.tex ??= text.join("").trim();
    state.capture = outer;
  };
}

/** A formula, by what its author wrote rather than by its signs. */
export function openFormula(state: State, { name, attributes }: Element): Close {
  const signs: string[] = [];
  const isDisplay = /block|display/.test(`${attributes.get("display") ?? ""} ${attributes.get("type") ?? ""}`);
  state.capture = signs;
  state.tex = attributes.get("alttext");
  return () => {
    const { tex } = state;
    state.capture = undefined;
    state.tex = undefined;
    const text = collapse(signs.join(""));
    const formula = unwrapped(tex ?? (name === "script" ? text : ""));
    if (formula === "") current(state).text(text);
    else if (state.style === "text") current(state).literal(formula);
    else current(state).literal(isDisplay ? `$$${formula}$$` : `$${formula}$`);
  };
}

/** MediaWiki says of every formula how it is to be set. */
function unwrapped(tex: string): string {
  const formula = collapse(tex);
  return /^\{\\(?:display|text)style (.*)\}$/.exec(formula)?.[1]?.trim() ?? formula;
}

function writeCodeBlock(state: State, code: string, language: string): void {
  const writer = current(state);
  writer.newline(2);
  const fence = "`".repeat(Math.max(3, longestTicks(code) + 1));
  const body = code.replace(/^\n/, "").trimEnd();
  writer.lines(state.style === "markdown" ? `${fence}${language}\n${body}\n${fence}` : body);
  writer.newline(2);
}

const noLanguage = new Set(["none", "text", "plain", "plaintext", "default", "nohighlight", "txt", "auto", "source"]);

/** As highlighters say it: `language-js`, `lang-js`, `highlight-source-js`, `highlight-js`, `brush: js`, `hljs js`. */
export function codeLanguage({ name, attributes }: Element): string {
  const classes = attributes.get("class") ?? "";
  const named = attributes.get("data-lang") ?? attributes.get("data-language");
  if (classes === "" && named === undefined) return "";
  const isCode = name === "pre" || name === "code";
  const found =
    /(?:^|\s)lang(?:uage)?-([\w+#-]+)/.exec(classes) ??
    /(?:^|\s)highlight-(?:source-|text-)?([\w+#]+)/.exec(classes) ??
    (isCode ? /(?:^|\s)(?:brush:\s*|sourceCode |hljs )([\w+#]+)/.exec(classes) : null);
  const language = (found?.[1] ?? (isCode && /^[\w+#-]+$/.test(named ?? "") ? named : "") ?? "").toLowerCase();
  return noLanguage.has(language) ? "" : language;
}

function longestTicks(code: string): number {
  let longest = 0;
  for (const [run] of code.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
