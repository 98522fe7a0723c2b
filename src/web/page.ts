import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { decodeText } from "./charset.ts";
import { openPageLinks, type PageLinks } from "./crawl/page-links.ts";
import { extractHtml, type Extract, type Extracted } from "./extract.ts";
import { readFeed } from "./feed.ts";
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

/** Whether a reply can only be binary, by its type alone: then its body need not be fetched. */
export function isBinaryType(contentType: string): boolean {
  const type = mediaType(contentType);
  return type !== "" && !isHtml(type) && !isText(type) && !isGzip(type);
}

/** Sitemaps are mostly kept compressed, as files. */
function isGzip(type: string): boolean {
  return type === "application/gzip" || type === "application/x-gzip";
}

function kindOf(contentType: string, bytes: Uint8Array): "html" | "text" | "binary" {
  const type = mediaType(contentType);
  if (isBinaryType(contentType)) return "binary";
  const head = bytes.subarray(0, 1_024);
  const isWide = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (head.includes(0) && !isDamaged(type, head) && !isWide && !/charset\s*=\s*"?utf-(?:16|32)/i.test(contentType))
    return "binary";
  if (isHtml(type)) return "html";
  if (isText(type)) return "text";
  return /^\s*<(?:!doctype|!--|[a-z])/i.test(new TextDecoder().decode(head)) ? "html" : "text";
}

/** A NUL is passed over in what is said to be HTML, unless there are other characters that no text has. */
function isDamaged(type: string, head: Uint8Array): boolean {
  const others = head.filter((byte) => byte !== 0);
  return isHtml(type) && others.length > 0 && !others.some(isBinary);
}

/** https://mimesniff.spec.whatwg.org/#binary-data-byte */
function isBinary(byte: number): boolean {
  return byte <= 8 || byte === 11 || (byte >= 14 && byte <= 26) || (byte >= 28 && byte <= 31);
}

function isHtml(type: string): boolean {
  return type === "text/html" || type === "application/xhtml+xml";
}

function isText(type: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml|x-yaml|javascript|x-javascript|ld\+json|x-ndjson|jsonl|toml|sql|csv)$/.test(
    type,
  );
}

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
