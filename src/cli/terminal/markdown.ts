import { decodeHTML } from "entities/decode";
import { lexer, type Token, type Tokens } from "marked";
import wrapAnsi from "wrap-ansi";
import { highlight } from "./highlight.ts";
import type { Link } from "./links.ts";
import type { Paint } from "./paint.ts";
import { tableLines } from "./table.ts";

/** Where and how text is shown. */
export interface Screen {
  columns: number;
  paint: Paint;
  link: Link;
}

/** Narrower than this nothing is wrapped to. */
const leastColumns = 16;

/** The blocks that Markdown consists of; where it nests too deep to be read, it is one text. */
export function readBlocks(markdown: string): Token[] {
  try {
    return lexer(markdown);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return [{ type: "text", raw: markdown, text: markdown }];
  }
}

/** Blocks as lines for a terminal, none wider than it, an empty line between two of them. */
export function blockLines(blocks: readonly Token[], screen: Screen): string[] {
  const shown = blocks.map((block) => linesOf(block, screen)).filter((lines) => lines.length > 0);
  return shown.flatMap((lines, at) => (at === 0 ? lines : ["", ...lines]));
}

function linesOf(block: Token, screen: Screen): string[] {
  const { paint, columns } = screen;
  switch (block.type) {
    case "space":
    case "def":
      return [];
    case "heading": {
      const { depth, tokens } = block as Tokens.Heading;
      return wrap(paint(depth === 1 ? ["bold", "underline"] : "bold", inline(tokens, screen)), columns);
    }
    case "code":
      return codeLines(block as Tokens.Code, screen);
    case "blockquote":
      return quoteLines(block as Tokens.Blockquote, screen);
    case "list":
      return listLines(block as Tokens.List, screen);
    case "table":
      return tableLines(block as Tokens.Table, screen, (tokens) => inline(tokens, screen));
    case "hr":
      return [paint("dim", "─".repeat(Math.min(40, columns)))];
    default:
      return wrap(inlineOf(block, screen), columns);
  }
}

function quoteLines({ tokens }: Tokens.Blockquote, screen: Screen): string[] {
  const lines = blockLines(tokens, { ...screen, columns: Math.max(leastColumns, screen.columns - 2) });
  return lines.map((line) => `${screen.paint("dim", "│ ")}${line}`);
}

/** Lines of code as they are, so that they can be copied; what is too long goes on in the next. */
function codeLines({ text, lang = "" }: Tokens.Code, { columns, paint }: Screen): string[] {
  const painted = highlight(text, lang.split(/\s/, 1)[0] ?? "", paint);
  return painted.split("\n").flatMap((line) => wrapAnsi(`  ${line}`, columns, { hard: true, trim: false }).split("\n"));
}

function listLines({ items, ordered, start, loose }: Tokens.List, screen: Screen): string[] {
  const first = start === "" ? 1 : start;
  return items.flatMap((item, at) => {
    const [box, ...rest] = item.tokens;
    const isTask = box?.type === "checkbox";
    const mark = isTask ? taskMark(box as Tokens.Checkbox) : ordered ? `${first + at}. ` : "• ";
    const tokens = isTask ? rest : item.tokens;
    const linesIn = (inner: Screen) =>
      loose ? blockLines(tokens, inner) : tokens.flatMap((one) => linesOf(one, inner));
    const lines = marked(mark, screen, linesIn);
    return loose && at > 0 ? ["", ...lines] : lines;
  });
}

function taskMark({ checked }: Tokens.Checkbox): string {
  return checked ? "☑ " : "☐ ";
}

/** Lines of which the first has a mark before it, and the others stand below what follows that. */
function marked(mark: string, screen: Screen, linesIn: (inner: Screen) => string[]): string[] {
  const lines = linesIn({ ...screen, columns: Math.max(leastColumns, screen.columns - mark.length) });
  return lines.map((line, at) => `${at === 0 ? mark : " ".repeat(mark.length)}${line}`);
}

function wrap(text: string, columns: number): string[] {
  return wrapAnsi(text, columns, { hard: true, trim: true }).split("\n");
}

function inline(tokens: readonly Token[], look: Look): string {
  return tokens.map((token) => inlineOf(token, look)).join("");
}

type Look = Pick<Screen, "paint" | "link">;

function inlineOf(token: Token, look: Look): string {
  const { paint } = look;
  const inner = () => ("tokens" in token && token.tokens !== undefined ? inline(token.tokens, look) : textOf(token));
  switch (token.type) {
    case "strong":
      return paint("bold", inner());
    case "em":
      return paint("italic", inner());
    case "del":
      return paint("strikethrough", inner());
    case "codespan":
      return paint("cyan", (token as Tokens.Codespan).text);
    case "br":
      return "\n";
    case "link":
      return linkText(token as Tokens.Link, inner(), look);
    case "image": {
      const { href, text } = token as Tokens.Image;
      return `${text} ${paint("dim", `(${href})`)}`.trimStart();
    }
    default:
      return inner();
  }
}

/** The address stands behind the text, unless it is the text, or can be clicked and the text is none itself. */
function linkText({ href }: Tokens.Link, text: string, { paint, link }: Look): string {
  const isAddress = text === href || `mailto:${text}` === href;
  const linked = link(paint("underline", text), href);
  if (isAddress || (linked !== undefined && !/\w[.:@]\w|:\/\//.test(text))) return linked ?? paint("underline", text);
  return `${linked ?? paint("underline", text)} ${paint("dim", `(${href})`)}`;
}

function textOf(token: Token): string {
  return decodeHTML("text" in token && typeof token.text === "string" ? token.text : token.raw).replaceAll("\n", " ");
}
