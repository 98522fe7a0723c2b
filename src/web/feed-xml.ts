import { readDate, type Entry, type Feed } from "./feed-entry.ts";
import { parseXml } from "./parse-xml.ts";
import { escapeHtml } from "./simplify.ts";

type Fields = Map<string, string>;

/** An element whose text is collected, with the markup in it. */
interface Open {
  name: string;
  depth: number;
  /** Text is markup itself, is plain, or stands between elements. */
  kind: "html" | "text" | "xhtml";
  text: string;
}

const entryNames = new Set(["item", "entry", "url", "sitemap"]);
const feedNames = new Set(["rss", "channel", "feed", "RDF", "urlset", "sitemapindex", "author"]);
const htmlNames = new Set(["description", "content:encoded", "itunes:summary", "media:description"]);
/** Namespaces are told by the prefix that everyone uses; those of other names are left out. */
const fieldNames = new Set(
  "title link guid id pubDate published updated dc:date lastmod name creator dc:creator itunes:author description summary subtitle content content:encoded itunes:summary media:description language loc news:title news:publication_date".split(
    " ",
  ),
);
const elementName = /^[a-z][\w-]*$/i;

/** RSS 0.9 to 2.0, Atom, or a sitemap (https://www.sitemaps.org/protocol.html). */
export function readXmlFeed(xml: string): Feed {
  const feed: Fields = new Map();
  const entries: Fields[] = [];
  let fields = feed;
  let depth = 0;
  let entryDepth = 0;
  let open: Open | undefined;
  let isSitemap = false;

  function start(name: string, attributes: Record<string, string>): void {
    if (name === "urlset" || name === "sitemapindex") isSitemap = true;
    if (name === "feed" && attributes["xml:lang"] !== undefined) feed.set("language", attributes["xml:lang"]);
    if (entryNames.has(name) && entryDepth === 0) {
      fields = new Map();
      entries.push(fields);
      entryDepth = depth;
      if (attributes["rdf:about"] !== undefined) fields.set("about", attributes["rdf:about"]);
      return;
    }
    if (name === "link" && attributes["href"] !== undefined) return noteLink(fields, attributes);
    if (name === "enclosure") return set(fields, "attachment", attributes["url"] ?? "");
    const isShallow = depth <= (entryDepth === 0 ? 4 : entryDepth + 2);
    if (isShallow && fieldNames.has(name)) open = { name, depth, kind: kindOf(name, attributes), text: "" };
  }

  parseXml(xml, {
    onopentag(tag, attributes) {
      depth += 1;
      if (open === undefined) start(withoutAtom(tag), attributes);
      else if (elementName.test(localName(tag))) open.text += openTag(localName(tag), attributes);
    },
    ontext(text) {
      if (open !== undefined) open.text += open.kind === "html" ? text : escapeHtml(text);
    },
    onclosetag(tag) {
      if (open?.depth === depth) {
        set(fields, open.name, open.text);
        open = undefined;
      } else if (open !== undefined && elementName.test(localName(tag))) open.text += `</${localName(tag)}>`;
      else if (depth === entryDepth) {
        entryDepth = 0;
        fields = feed;
      }
      depth -= 1;
    },
  });
  return { ...compose(feed), kind: isSitemap ? "sitemap" : "feed", entries: entries.map(composeEntry) };
}

/** The first of a name counts: what follows is of something that is within. */
function set(fields: Fields, name: string, text: string): void {
  if (text.trim() !== "" && !fields.has(name)) fields.set(name, text.trim());
}

function noteLink(fields: Fields, { href = "", rel = "alternate" }: Record<string, string>): void {
  if (rel === "alternate") set(fields, "link", href);
  if (rel === "enclosure") set(fields, "attachment", href);
}

function kindOf(name: string, { type }: Record<string, string>): Open["kind"] {
  if (type === "xhtml") return "xhtml";
  return type === "html" || type === "text/html" || htmlNames.has(name) ? "html" : "text";
}

function openTag(name: string, attributes: Record<string, string>): string {
  const kept = ["href", "src", "alt", "class", "title", "start"].flatMap((attribute) => {
    const value = attributes[attribute];
    return value === undefined ? [] : ` ${attribute}="${escapeHtml(value)}"`;
  });
  return `<${name}${kept.join("")}>`;
}

function localName(tag: string): string {
  return tag.slice(tag.indexOf(":") + 1);
}

/** Some write Atom with a prefix, and sitemaps and RSS 1.0 with one in front of their root. */
function withoutAtom(tag: string): string {
  const local = localName(tag);
  return /^(?:atom|a10|sm|sitemap|ns0|rss|rdf):/i.test(tag) || feedNames.has(local) ? local : tag;
}

function compose(fields: Fields): Omit<Feed, "kind" | "entries"> {
  return {
    title: titleOf(fields),
    description: fields.get("description") ?? fields.get("subtitle") ?? "",
    language: fields.get("language") ?? "",
    link: fields.get("link") ?? "",
  };
}

function composeEntry(fields: Fields): Entry {
  const first = (...names: string[]) => names.map((name) => fields.get(name)).find((text) => text !== undefined) ?? "";
  const isAddress = /^https?:\/\//i;
  const named = first("guid", "id");
  return {
    title: titleOf(fields),
    link: unescape(first("link", "loc", "about") || (isAddress.test(named) ? named : "")),
    date: readDate(unescape(first("pubDate", "published", "dc:date", "news:publication_date", "updated", "lastmod"))),
    author: first("dc:creator", "creator", "name", "itunes:author"),
    content: first("content:encoded", "content", "description", "summary", "itunes:summary", "media:description"),
    attachment: unescape(first("attachment")),
  };
}

/** Titles are plain by the standard of RSS, but many feeds have markup in them, escaped twice. */
function titleOf(fields: Fields): string {
  const title = fields.get("title") ?? fields.get("news:title") ?? "";
  const markup = unescape(title);
  return /<\/?(?:a|b|br|code|em|i|span|strong|su[bp])\b[^<]*>|&(?:#x?[\da-f]+|[a-z]+\d*);/i.test(markup)
    ? markup
    : title;
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
