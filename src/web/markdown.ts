import { openInline } from "./markdown-inline.ts";
import { openVerbatim, codeLanguage, insideVerbatim } from "./markdown-code.ts";
import { openCell, current, openState, type Close, type State, type Style } from "./markdown-state.ts";
import { openTableWriter } from "./markdown-table.ts";
import type { Element, Resolve, Sink } from "./sink.ts";
import { readCell } from "./table-grid.ts";
import type { TextRoom } from "./text-pieces.ts";

const blocks = new Set(
  "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form header hgroup html legend main menu nav p section summary".split(
    " ",
  ),
);

/** The page as Markdown, or as plain text with the same line breaks. */
export function openMarkdown(style: Style, resolve: Resolve, room: TextRoom): Sink {
  const { state, page } = openState(style, resolve, room);
  const closes: (Close | undefined)[] = [];
  return {
    open: (element) => void closes.push(openElement(state, element)),
    close: () => closes.pop()?.(),
    text(text) {
      if (state.capture !== undefined) state.capture.push(text);
      else if (state.raised) writeRaised(state, text);
      else current(state).text(text);
    },
    end: () => page.toString(),
  };
}

/** Write what an element starts with, and return how to write its end. */
function openElement(state: State, element: Element): Close | undefined {
  const { name } = element;
  if (state.capture !== undefined) return insideVerbatim(state, element);
  switch (name) {
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return openHeading(state, Number(name[1]));
    case "ul":
    case "ol":
      return openList(state, element);
    case "li":
      return openItem(state, element);
    case "table":
    case "thead":
    case "tr":
    case "td":
    case "th":
      return openTablePart(state, element);
    case "hr":
      return writeRule(state);
    case "br":
      return breakLine(state);
    case "blockquote":
      return openIndented(state, "> ", "> ");
    case "dt":
    case "dd":
      return openDefinition(state, name);
    case "summary":
      return openSummary(state);
    case "div":
    case "section":
      return openSection(state, element);
    case "pre":
      return openVerbatim(state, element);
    default:
      return blocks.has(name) ? openBlock(state, name === "p" ? 2 : 1) : openInline(state, element);
  }
}

function breakLine(state: State): undefined {
  if (state.flat > 0) current(state).text(" ");
  else current(state).newline(1);
}

/** A small figure behind a number or a letter is an exponent. */
function writeRaised(state: State, text: string): void {
  const start = text.trimStart();
  if (start === "") return;
  state.raised = false;
  const isExponent = /^(?:[-+\u2212\u2013]?\d+|[a-zA-Z])\s*$/.test(start);
  current(state).text(isExponent ? `^${start}` : text);
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

function openHeading(state: State, level: number): Close {
  const writer = current(state);
  const end = openBlock(state, 2);
  if (state.style === "markdown") writer.indent(`${"#".repeat(level)} `, "");
  state.flat += 1;
  state.headings += 1;
  return () => {
    state.flat -= 1;
    state.headings -= 1;
    if (state.style === "markdown") writer.dedent();
    end();
  };
}

function openIndented(state: State, first: string, rest: string): Close {
  const writer = current(state);
  const end = openBlock(state, 1);
  if (state.style === "markdown") writer.indent(first, rest);
  return () => {
    if (state.style === "markdown") writer.dedent();
    end();
  };
}

/** As pandoc and other Markdown writes them: the term, and below it what it means after a colon. */
function openDefinition(state: State, name: "dt" | "dd"): Close {
  const writer = current(state);
  if (state.flat > 0) return openBlock(state, 1);
  const follows = state.definition === name || (name === "dd" && state.definition === "dt");
  writer.newline(follows ? 1 : 2);
  if (name === "dd" && state.style === "markdown") writer.indent(": ", "  ");
  return () => {
    if (name === "dd" && state.style === "markdown") writer.dedent();
    state.definition = name;
    writer.newline(1);
  };
}

function openSummary(state: State): Close {
  const end = openBlock(state, 2);
  const writer = current(state);
  if (state.style !== "markdown") return end;
  writer.startMark("**", "**");
  return () => {
    writer.endMark();
    end();
  };
}

const notes = /(?:^|[\s_-])(?:footnotes?|endnotes?|references|reflist)(?=$|[\s_-])/i;

/** What a section says of the code and the notes in it. */
function openSection(state: State, element: Element): Close {
  const classes = element.attributes.get("class") ?? "";
  const role = element.attributes.get("role");
  const end = openBlock(state, 1);
  if (classes === "" && role === undefined) return end;
  const { language, inNotes } = state;
  state.language = codeLanguage(element) || language;
  state.inNotes ||= notes.test(classes) || role === "doc-endnotes";
  return () => {
    state.language = language;
    state.inNotes = inNotes;
    end();
  };
}

function openList(state: State, { name, attributes }: Element): Close {
  const writer = current(state);
  const { inNotes } = state;
  const start = Number.parseInt(attributes.get("start") ?? "1", 10);
  const breakList = () => writer.newline(state.lists.length > 0 ? 1 : 2);
  if (state.flat > 0) return openBlock(state, 1);
  breakList();
  state.inNotes ||= notes.test(attributes.get("class") ?? "");
  state.lists.push({ ordered: name === "ol", next: Number.isSafeInteger(start) ? start : 1 });
  return () => {
    state.lists.pop();
    state.inNotes = inNotes;
    breakList();
  };
}

function openItem(state: State, { attributes }: Element): Close {
  const writer = current(state);
  if (state.flat > 0) return openBlock(state, 1);
  const list = state.lists.at(-1);
  const value = Number.parseInt(attributes.get("value") ?? "", 10);
  if (list !== undefined && Number.isSafeInteger(value)) list.next = value;
  const isNote = state.inNotes && list?.ordered === true && attributes.get("id") !== undefined;
  const marker =
    list?.ordered !== true ? "- " : isNote && state.style === "markdown" ? `[^${list.next}]: ` : `${list.next}. `;
  if (list !== undefined) list.next += 1;
  writer.newline(1);
  writer.indent(marker, " ".repeat(marker.length));
  return () => {
    writer.dedent();
    writer.newline(1);
  };
}

/** A cell has a writer of its own: its table is written when all its rows are known. */
function openTablePart(state: State, { name, attributes }: Element): Close | undefined {
  const table = state.tables.at(-1);
  if (name === "table") {
    const role = attributes.get("role");
    const arranges = role === "presentation" || role === "none";
    state.tables.push(openTableWriter({ style: state.style, resolveSpans: state.resolveSpans, arranges }));
    return () => {
      const end = openBlock(state, 2);
      state.tables.pop()?.writeTo(current(state));
      if (!arranges) state.tables.at(-1)?.markNested();
      end();
    };
  }
  if (table === undefined) return openBlock(state, 1);
  if (name === "thead") {
    table.setHead(true);
    return () => table.setHead(false);
  }
  if (name === "tr") return table.startRow();
  return openCell(state, (text) => table.addCell({ ...readCell(attributes, name === "th"), text }));
}

function writeRule(state: State): undefined {
  if (state.style !== "markdown" || state.flat > 0) return;
  const end = openBlock(state, 1);
  current(state).literal("---");
  end();
}
