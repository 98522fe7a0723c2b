import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { beginning } from "../text/text.ts";
import type { LinkSink } from "./crawl/page-links.ts";
import type { Extract } from "./extracts.ts";
import { hiddenFor } from "./hidden.ts";
import { parseHtml } from "./html.ts";
import type { HtmlHandler } from "./html-stack.ts";
import { openLinks } from "./links.ts";
import { openMainText } from "./main-text.ts";
import { openMarkdown } from "./markdown.ts";
import { openMetadata } from "./metadata.ts";
import { collapse, type Resolve, type Sink } from "./sink.ts";
import { openTables } from "./tables.ts";
import { openPending, roomFor, type TextRoom } from "./text-pieces.ts";

export interface Extracted {
  title: string | null;
  content: JsonValue;
  /** What the addresses on the page are relative to. */
  base: string;
}

export interface ExtractOptions {
  /** Where the page was found; what `<base>` says is resolved against it. */
  address: string;
  extract: Extract;
  /** Leave nothing out as not belonging to the main part. */
  whole?: boolean;
  /** Takes every element that is there for a reader, in menus that are closed too, and those of the head. */
  links?: LinkSink | undefined;
}

const maxTitleChars = 1_000;
/** A long base address in front of a million short links would grow without bound. */
const maxAddressChars = 20_000_000;

/** Read a page once, from start to end. */
export function extractHtml(html: string, options: ExtractOptions): Extracted {
  const { handler, end } = openExtract(options, roomFor(html));
  parseHtml(html, handler);
  return end(html);
}

export interface Extraction {
  handler: HtmlHandler;
  /** What was found in this page. */
  end(html: string): Extracted;
}

/** Take what is wanted of a page out of the elements and the text that are told of it. */
export function openExtract({ address, extract, whole = false, links }: ExtractOptions, room: TextRoom): Extraction {
  let base = address;
  const titles: Titles = { title: undefined, "og:title": undefined };
  const sink = openSink(extract, { resolve: openResolve(() => base), whole, room, title: () => titleOf(titles) });
  const isHidden = hiddenFor(extract);
  const isUnlinked = hiddenFor("links");
  let depth = 0;
  let hiddenAt: number | undefined;
  let unlinkedAt: number | undefined;
  let inTitle = false;
  // Text comes in pieces, cut at every entity; what makes a word or a mark is only seen in the whole.
  const pending = openPending();
  const flush = () => {
    const text = pending.take();
    if (text !== "") sink.text(text);
  };
  const handler: HtmlHandler = {
    onopentag(name, attributes) {
      depth += 1;
      if (links !== undefined && unlinkedAt === undefined) {
        if (isUnlinked(name, attributes)) unlinkedAt = depth;
        else links.open({ name, attributes }, base);
      }
      if (hiddenAt !== undefined) return;
      if (name === "title" && titles.title === undefined) inTitle = true;
      if (name === "base") base = URL.parse(attributes.get("href") ?? "", address)?.href ?? base;
      if (name === "meta" && attributes.get("property") === "og:title")
        titles["og:title"] ??= attributes.get("content");
      flush();
      if (isHidden(name, attributes)) hiddenAt = depth;
      else sink.open({ name, attributes });
    },
    onclosetag() {
      flush();
      if (hiddenAt === undefined) sink.close();
      else if (hiddenAt === depth) hiddenAt = undefined;
      if (unlinkedAt === depth) unlinkedAt = undefined;
      inTitle = false;
      depth -= 1;
    },
    ontext(piece) {
      if (inTitle) titles.title = lengthened(titles.title ?? "", piece);
      else if (hiddenAt === undefined) pending.add(piece);
    },
  };
  const end = (html: string) => {
    flush();
    return { title: titleOf(titles), content: extract === "html" ? html : sink.end(), base };
  };
  return { handler, end };
}

type Titles = Record<"title" | "og:title", string | undefined>;

/** What is beyond its greatest length is never shown: a title of millions of pieces would take more memory than the page. */
function lengthened(title: string, piece: string): string {
  return title.length > maxTitleChars ? title : title + piece;
}

function titleOf(titles: Titles): string | null {
  const title = collapse(beginning(titles.title ?? titles["og:title"] ?? "", maxTitleChars));
  return title === "" ? null : title;
}

interface SinkOptions {
  resolve: Resolve;
  whole: boolean;
  room: TextRoom;
  title: () => string | null;
}

function openSink(extract: Extract, { resolve, whole, room, title }: SinkOptions): Sink {
  switch (extract) {
    case "links":
      return openLinks(resolve);
    case "tables":
      return openTables();
    case "metadata":
      return openMetadata(resolve, title);
    case "html":
      return { open() {}, close() {}, text() {}, end: () => null };
    case "markdown":
    case "text": {
      const page = openMarkdown(extract, resolve, room);
      return whole ? page : openMainText(page);
    }
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
