import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { decodeText } from "./charset.ts";
import { openPageLinks, type PageLinks } from "./crawl/page-links.ts";
import { extractHtml, type Extracted } from "./extract.ts";
import type { Extract } from "./extracts.ts";
import { readFeed } from "./feed.ts";
import { kindOf } from "./page-kind.ts";
import { needsScripts } from "./scripted.ts";
import { selectValues, type Selection } from "./select.ts";

export interface PageInput {
  /** Where the page was found, after redirects. */
  address: string;
  contentType: string;
  bytes: Uint8Array;
  extract: Extract;
  select: readonly Selection[];
  /** Whether the links are wanted besides, for a crawl. */
  follow: boolean;
  /** Whether it is wanted to know that scripts build the page. Default: no. */
  detectScripts?: boolean;
  /** Leave nothing out as not belonging to the main part. Default: no. */
  whole?: boolean;
}

export interface Page {
  title: string | null;
  /** Text; lists of links and tables where those were asked for. */
  content: JsonValue;
  /** One value a selection. */
  selected: JsonValue[];
  /** Null where they were not asked for, or there can be none. */
  links: PageLinks | null;
  /** The HTML of a page that its scripts build; null for any other, and where that was not asked for. */
  scripted: string | null;
}

const maxContentChars = 30_000_000;

/**
 * Make a page out of the bytes of a reply. Feeds and sitemaps become the page that they stand for; JSON and other text
 * passes as it is.
 *
 * @throws ToolError `unreadable` for what is no text, `too_large`
 */
export async function readPage({ bytes, contentType, ...input }: PageInput): Promise<Page> {
  return readText(decodePage(bytes, contentType), input);
}

/** The text of a page. */
export interface PageText {
  kind: "html" | "text";
  text: string;
}

/** @throws ToolError `unreadable` for what is no text */
export function decodePage(bytes: Uint8Array, contentType: string): PageText {
  const kind = kindOf(contentType, bytes);
  if (kind === "binary") {
    throw new ToolError("unreadable", "the page is binary; only HTML, PDF, JSON and other text is read");
  }
  return { kind, text: decodeText(bytes, contentType) };
}

/** As `readPage`, of what has been decoded. */
export async function readText(
  { kind, text }: PageText,
  input: Omit<PageInput, "bytes" | "contentType">,
): Promise<Page> {
  const { address, extract, select, follow, detectScripts = false, whole } = input;
  const unselected = select.map(({ many }) => (many === true ? [] : null));
  const links = follow ? openPageLinks() : undefined;
  const feed = extract === "html" ? undefined : readFeed(text, extract === "links");
  if (feed !== undefined) {
    const { title, content } = checked(extractHtml(feed, { address, extract, whole: true, links }));
    return { title, content, selected: unselected, links: links?.end() ?? null, scripted: null };
  }
  if (kind === "text") {
    const content = extract === "links" || extract === "tables" ? [] : extract === "metadata" ? null : text;
    return { title: null, content, selected: unselected, links: null, scripted: null };
  }
  const { title, content, base } = checked(extractHtml(text, { address, extract, whole: whole === true, links }));
  const selected = await selectValues({ html: text, base }, select);
  const scripted = detectScripts && needsScripts(text) ? text : null;
  return { title, content, selected, links: links?.end() ?? null, scripted };
}

function checked(extracted: Extracted): Extracted {
  const { content } = extracted;
  if (typeof content === "string" && content.length > maxContentChars) {
    throw new ToolError("too_large", `the page comes to ${content.length} characters; select parts of it`);
  }
  return extracted;
}
