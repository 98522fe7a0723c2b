import { openTableWriter, type TableWriter } from "./markdown-table.ts";
import { collapse, type Element, type Resolve, type Sink } from "./sink.ts";
import { TextWriter } from "./text-writer.ts";

type Style = "markdown" | "text";

/** What surrounds the element that is being read: where text goes, and what it is collected for. */
interface State {
  style: Style;
  resolve: Resolve;
  /** The page, and in it the table cells that are open. */
  writers: TextWriter[];
  tables: TableWriter[];
  lists: { ordered: boolean; next: number }[];
  /** Text of the `pre` or `code` that is open; its white space counts. */
  verbatim: { text: string[]; language: string } | undefined;
  /** Headings and links cannot hold blocks. */
  flat: number;
}

type Close = () => void;

const blocks = new Set(
  "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form header hgroup html legend main menu nav p section summary".split(
    " ",
  ),
);
const marks: Record<string, string> = { b: "**", strong: "**", em: "*", i: "*", del: "~~", s: "~~" };

/** The page as Markdown, or as plain text with the same line breaks. */
export function openMarkdown(style: Style, resolve: Resolve): Sink {
  const page = openWriter(style);
  const state: State = { style, resolve, writers: [page], tables: [], lists: [], verbatim: undefined, flat: 0 };
  const closes: (Close | undefined)[] = [];
  return {
    open: (element) => void closes.push(openElement(state, element)),
    close: () => closes.pop()?.(),
    text(text) {
      if (state.verbatim === undefined) current(state).text(text);
      else state.verbatim.text.push(text);
    },
    end: () => page.toString(),
  };
}

/** Write what an element starts with, and return how to write its end. */
function openElement(state: State, element: Element): Close | undefined {
  const { name } = element;
  if (name === "br") return breakLine(state);
  if (state.verbatim !== undefined) {
    if (name === "code" && state.verbatim.language === "") state.verbatim.language = languageOf(element);
    return undefined;
  }
  if (/^h[1-6]$/.test(name)) return openHeading(state, Number(name[1]));
  if (name === "pre" || name === "code") return openVerbatim(state, element);
  if (name === "ul" || name === "ol") return openList(state, element);
  if (name === "li") return openItem(state);
  if (name === "table" || name === "tr" || name === "td" || name === "th") return openTablePart(state, element);
  if (name === "a") return openLink(state, element);
  if (name === "img") return writeImage(state, element);
  if (name === "hr") return writeRule(state);
  if (name === "blockquote") return openQuotation(state);
  if (marks[name] !== undefined && state.style === "markdown") return openMark(state, marks[name], marks[name]);
  return blocks.has(name) ? openBlock(state, name === "p" ? 2 : 1) : undefined;
}

/** @param apart how far the block stands apart in plain text; in Markdown only an empty line ends a paragraph */
function openBlock(state: State, apart: 1 | 2): Close {
  const writer = current(state);
  const breakBlock = () => {
    if (state.flat > 0) writer.text(" ");
    else writer.newline(state.style === "markdown" ? 2 : apart);
  };
  breakBlock();
  return breakBlock;
}

function breakLine(state: State): undefined {
  if (state.verbatim !== undefined) state.verbatim.text.push("\n");
  else if (state.flat > 0) current(state).text(" ");
  else current(state).newline(1);
}

function openHeading(state: State, level: number): Close {
  const writer = current(state);
  const end = openBlock(state, 2);
  if (state.style === "markdown") writer.indent(`${"#".repeat(level)} `, "");
  state.flat += 1;
  return () => {
    state.flat -= 1;
    if (state.style === "markdown") writer.dedent();
    end();
  };
}

function openQuotation(state: State): Close {
  const writer = current(state);
  const end = openBlock(state, 1);
  if (state.style === "markdown") writer.indent("> ", "> ");
  return () => {
    if (state.style === "markdown") writer.dedent();
    end();
  };
}

function openVerbatim(state: State, element: Element): Close {
  const verbatim: NonNullable<State["verbatim"]> = { text: [], language: languageOf(element) };
  state.verbatim = verbatim;
  return () => {
    state.verbatim = undefined;
    const code = verbatim.text.join("");
    if (code.trim() === "") return;
    if (element.name === "pre" && state.flat === 0) writeCodeBlock(state, code, verbatim.language);
    else if (state.style === "text") current(state).text(code);
    else {
      const ticks = "`".repeat(longestTicks(code) + 1);
      current(state).literal(`${ticks}${collapse(code)}${ticks}`);
    }
  };
}

function writeCodeBlock(state: State, code: string, language: string): void {
  const end = openBlock(state, 2);
  const fence = "`".repeat(Math.max(3, longestTicks(code) + 1));
  const body = code.replace(/^\n/, "").trimEnd();
  current(state).lines(state.style === "markdown" ? `${fence}${language}\n${body}\n${fence}` : body);
  end();
}

function languageOf({ attributes }: Element): string {
  return /\blang(?:uage)?-([\w+#-]+)/.exec(attributes["class"] ?? "")?.[1] ?? "";
}

function longestTicks(code: string): number {
  let longest = 0;
  for (const [run] of code.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

function openList(state: State, { name, attributes }: Element): Close {
  const writer = current(state);
  const start = Number.parseInt(attributes["start"] ?? "1", 10);
  const breakList = () => writer.newline(state.lists.length > 0 ? 1 : 2);
  breakList();
  state.lists.push({ ordered: name === "ol", next: Number.isSafeInteger(start) ? start : 1 });
  return () => {
    state.lists.pop();
    breakList();
  };
}

function openItem(state: State): Close {
  const writer = current(state);
  const list = state.lists.at(-1);
  const marker = list?.ordered === true ? `${list.next}. ` : "- ";
  if (list !== undefined) list.next += 1;
  writer.newline(1);
  writer.indent(marker, " ".repeat(marker.length));
  return () => {
    writer.dedent();
    writer.newline(1);
  };
}

/** A cell has a writer of its own: its table is written when all its rows are known. */
function openTablePart(state: State, { name }: Element): Close | undefined {
  const table = state.tables.at(-1);
  if (name === "table") {
    state.tables.push(openTableWriter(state.style));
    return () => {
      const end = openBlock(state, 2);
      state.tables.pop()?.writeTo(current(state));
      state.tables.at(-1)?.markNested();
      end();
    };
  }
  if (table === undefined) return openBlock(state, 1);
  if (name === "tr") return table.startRow();
  const { lists, flat } = state;
  state.writers.push(openWriter(state.style));
  state.lists = [];
  state.flat = 0;
  return () => {
    table.addCell(String(state.writers.pop() ?? ""));
    state.lists = lists;
    state.flat = flat;
  };
}

function openLink(state: State, { attributes }: Element): Close | undefined {
  const url = state.style === "markdown" ? state.resolve(attributes["href"]) : undefined;
  return url === undefined ? undefined : openMark(state, "[", `](${encodeParentheses(url)})`);
}

function openMark(state: State, open: string, close: string): Close {
  const writer = current(state);
  writer.startMark(open, close);
  return () => writer.endMark();
}

function writeImage(state: State, { attributes }: Element): undefined {
  const alt = collapse(attributes["alt"] ?? "");
  if (alt === "") return;
  const url = state.style === "markdown" ? state.resolve(attributes["src"]) : undefined;
  if (url === undefined) current(state).text(alt);
  else current(state).literal(`![${escapeMarkdown(alt, false)}](${encodeParentheses(url)})`);
}

function writeRule(state: State): undefined {
  if (state.style !== "markdown" || state.flat > 0) return;
  const end = openBlock(state, 1);
  current(state).literal("---");
  end();
}

function openWriter(style: Style): TextWriter {
  return new TextWriter(style === "markdown" ? escapeMarkdown : (text) => text);
}

function current(state: State): TextWriter {
  const writer = state.writers.at(-1);
  if (writer === undefined) throw new TypeError("a page has no writer");
  return writer;
}

function encodeParentheses(url: string): string {
  return url.replaceAll("(", "%28").replaceAll(")", "%29");
}

/** Only what would be read as Markdown is escaped, so that ordinary text stays as it is. */
function escapeMarkdown(text: string, startsLine: boolean): string {
  const inert = /[\\`*[\]<_]/.test(text)
    ? text.replace(/[\\`*[\]]|<(?=[a-z/!?])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/giu, "\\$&")
    : text;
  if (!startsLine || !/^[#>+=\d-]/.test(inert)) return inert;
  return inert.replace(/^(?:#{1,6}|>|[-+]|=+)(?=\s|$)/, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}
