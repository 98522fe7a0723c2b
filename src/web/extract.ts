import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { beginning } from "../text.ts";
import type { LinkSink } from "./crawl/page-links.ts";
import { parseHtml } from "./html.ts";
import { openLinks } from "./links.ts";
import { openMarkdown } from "./markdown.ts";
import { collapse, type Resolve, type Sink } from "./sink.ts";
import { openTables } from "./tables.ts";

export const extracts = ["markdown", "text", "links", "tables", "html"] as const;
export type Extract = (typeof extracts)[number];

export interface Extracted {
  title: string | null;
  content: JsonValue;
  /** What the addresses on the page are relative to. */
  base: string;
  shape: Shape;
}

/** What a tree of the page would be like. */
export interface Shape {
  elements: number;
  depth: number;
}

/** Elements whose text is never shown, or is not the page's own. */
const hidden = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "iframe",
  "object",
  "canvas",
  "audio",
  "video",
  "select",
  "datalist",
  "textarea",
  "title",
]);

const maxTitleChars = 1_000;
/** A long base address in front of a million short links would grow without bound. */
const maxAddressChars = 20_000_000;

/**
 * Read a page once, from start to end.
 *
 * @param address where the page was found; what `<base>` says is resolved against it
 * @param links takes every element that is shown, and those of the head
 */
export function extractHtml(html: string, address: string, extract: Extract, links?: LinkSink): Extracted {
  let base = address;
  const sink = openSink(
    extract,
    openResolve(() => base),
  );
  const titles: Record<"title" | "og:title", string | undefined> = { title: undefined, "og:title": undefined };
  const shape: Shape = { elements: 0, depth: 0 };
  let depth = 0;
  let hiddenAt: number | undefined;
  let inTitle = false;
  // Text comes in pieces, cut at every entity; what makes a word or a mark is only seen in the whole.
  let text = "";
  const flush = () => {
    if (text !== "") sink.text(text);
    text = "";
  };
  parseHtml(html, {
    onopentag(name, attributes) {
      depth += 1;
      shape.elements += 1;
      shape.depth = Math.max(shape.depth, depth);
      if (hiddenAt !== undefined) return;
      if (name === "title" && titles.title === undefined) inTitle = true;
      if (name === "base") base = URL.parse(attributes["href"] ?? "", address)?.href ?? base;
      if (name === "meta" && attributes["property"] === "og:title") titles["og:title"] ??= attributes["content"];
      flush();
      if (hidden.has(name) || "hidden" in attributes) hiddenAt = depth;
      else {
        sink.open({ name, attributes });
        links?.open({ name, attributes }, base);
      }
    },
    onclosetag(name) {
      flush();
      if (hiddenAt === undefined) sink.close(name);
      else if (hiddenAt === depth) hiddenAt = undefined;
      inTitle = false;
      depth -= 1;
    },
    ontext(piece) {
      if (inTitle) titles.title = (titles.title ?? "") + piece;
      else if (hiddenAt === undefined) text += piece;
    },
  });
  flush();
  const content = extract === "html" ? html : sink.end();
  const title = collapse(beginning(titles.title ?? titles["og:title"] ?? "", maxTitleChars));
  return { title: title === "" ? null : title, content, base, shape };
}

function openSink(extract: Extract, resolve: Resolve): Sink {
  switch (extract) {
    case "links":
      return openLinks(resolve);
    case "tables":
      return openTables();
    case "html":
      return { open() {}, close() {}, text() {}, end: () => null };
    default:
      return openMarkdown(extract, resolve);
  }
}

function openResolve(base: () => string): Resolve {
  let chars = 0;
  return (href) => {
    const url = href === undefined ? null : URL.parse(href, base());
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
    chars += url.href.length;
    if (chars > maxAddressChars)
      throw new ToolError("too_large", "the page has too many long links; extract text instead");
    return url.href;
  };
}
