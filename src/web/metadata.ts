import type { Attributes } from "./html-attributes.ts";
import type { JsonValue } from "../message.ts";
import { readJsonLd, type LinkedData } from "./json-ld.ts";
import { collapse, type Element, type Resolve, type Sink } from "./sink.ts";

/** What a page says about itself. DuckDB's name of its type is `metadataType`. */
interface Metadata {
  [field: string]: JsonValue;
  title: string | null;
  description: string | null;
  author: string | null;
  site: string | null;
  type: string | null;
  language: string | null;
  canonical: string | null;
  image: string | null;
  published: string | null;
  modified: string | null;
  keywords: string[];
  feeds: string[];
  json_ld: JsonValue[];
}

export const metadataType =
  "STRUCT(title VARCHAR, description VARCHAR, author VARCHAR, site VARCHAR, type VARCHAR, language VARCHAR, " +
  "canonical VARCHAR, image VARCHAR, published VARCHAR, modified VARCHAR, keywords VARCHAR[], feeds VARCHAR[], json_ld JSON)";

/** What was found on the way: by the name of the element that says it, the first value and all values. */
interface Found {
  metas: Map<string, string[]>;
  links: Map<string, string>;
  feeds: string[];
  items: Map<string, string>;
  language: string | undefined;
  /** The first moment that the text names. */
  time: string | undefined;
  scripts: string[];
}

const maxValues = 100;
const maxChars = 10_000;
const feedType = /^application\/(?:rss|atom|feed)\+(?:xml|json)/i;
const itemNames = new Set(["author", "datePublished", "dateModified", "headline", "description", "image", "name"]);

/**
 * The metadata of a page: of Open Graph, Twitter cards, JSON-LD, Dublin Core, microdata and plain HTML, whichever says
 * it; what editors care for most comes first.
 */
export function openMetadata(resolve: Resolve, titleOf: () => string | null): Sink {
  const found: Found = {
    metas: new Map(),
    links: new Map(),
    feeds: [],
    items: new Map(),
    language: undefined,
    time: undefined,
    scripts: [],
  };
  const closes: ((() => void) | undefined)[] = [];
  let text: string[] | undefined;

  function collect(done: (text: string) => void): () => void {
    const own: string[] = [];
    text = own;
    return () => {
      text = undefined;
      done(own.join(""));
    };
  }

  return {
    open(element) {
      const { name, attributes } = element;
      if (name === "script") return void closes.push(collect((script) => void found.scripts.push(script)));
      closes.push(note(found, element, text === undefined ? collect : undefined));
      if (name === "time") found.time ??= attributes.get("datetime");
    },
    close: () => closes.pop()?.(),
    text: (piece) => void text?.push(piece),
    end: () => compose(found, resolve, titleOf()),
  };
}

function note(
  found: Found,
  { name, attributes }: Element,
  collect: ((done: (text: string) => void) => () => void) | undefined,
): (() => void) | undefined {
  const [content, href, itemprop] = ["content", "href", "itemprop"].map((field) => attributes.get(field));
  if (name === "html") found.language ??= attributes.get("lang") ?? attributes.get("xml:lang");
  if (name === "meta" && content !== undefined) {
    const key = (
      attributes.get("property") ??
      attributes.get("name") ??
      attributes.get("http-equiv") ??
      ""
    ).toLowerCase();
    const values = found.metas.get(key) ?? [];
    if (values.length < maxValues) found.metas.set(key, [...values, content]);
  }
  if (name === "link" && href !== undefined) noteLink(found, attributes, href);
  if (itemprop === undefined || !itemNames.has(itemprop) || found.items.has(itemprop)) return undefined;
  const value = content ?? attributes.get("datetime") ?? attributes.get("src");
  if (value !== undefined) found.items.set(itemprop, value);
  else return collect?.((text) => void (found.items.has(itemprop) || found.items.set(itemprop, text)));
  return undefined;
}

function noteLink({ links, feeds }: Found, attributes: Attributes, href: string): void {
  const rel = attributes.get("rel") ?? "";
  const type = attributes.get("type") ?? "";
  for (const relation of rel.toLowerCase().split(/\s+/)) if (!links.has(relation)) links.set(relation, href);
  if (feedType.test(type) && /\balternate\b/i.test(rel) && feeds.length < maxValues) feeds.push(href);
}

function compose(found: Found, resolve: Resolve, title: string | null): Metadata {
  const { metas, links, items } = found;
  const data: LinkedData = readJsonLd(found.scripts);
  const meta = (...names: string[]) => names.map((name) => metas.get(name)?.[0]).find((value) => value?.trim());
  const isName = (value: string | undefined) => (value !== undefined && !/^https?:/i.test(value) ? value : undefined);
  const authors = metas.get("author")?.join(", ");
  return {
    title: clean(meta("og:title", "twitter:title") ?? data.title ?? title ?? undefined),
    description: clean(
      meta("og:description", "description", "twitter:description", "dc.description") ?? data.description,
    ),
    author: clean(
      data.author ??
        authors ??
        isName(meta("article:author", "dc.creator", "citation_author", "parsely-author", "sailthru.author")) ??
        items.get("author") ??
        meta("twitter:creator"),
    ),
    site: clean(meta("og:site_name", "application-name") ?? data.site),
    type: clean(meta("og:type") ?? data.type),
    language: clean(found.language ?? meta("content-language", "dc.language", "og:locale")?.replace("_", "-")),
    canonical: address(resolve, links.get("canonical") ?? meta("og:url")),
    image: address(resolve, meta("og:image", "og:image:url", "twitter:image", "twitter:image:src") ?? data.image),
    published: clean(
      meta("article:published_time", "og:published_time") ??
        data.published ??
        items.get("datePublished") ??
        meta(
          "date",
          "dc.date",
          "dc.date.issued",
          "dcterms.created",
          "pubdate",
          "publishdate",
          "citation_publication_date",
          "parsely-pub-date",
        ) ??
        found.time,
    ),
    modified: clean(
      meta("article:modified_time", "og:updated_time") ??
        data.modified ??
        items.get("dateModified") ??
        meta("last-modified", "dc.date.modified", "dcterms.modified", "lastmod"),
    ),
    keywords: keywords([
      ...(metas.get("article:tag") ?? []),
      ...(meta("keywords", "news_keywords") ?? "").split(/[,;\u3001\u060c]/),
    ]),
    feeds: found.feeds.flatMap((href) => resolve(href) ?? []),
    json_ld: data.items,
  };
}

function clean(value: string | undefined): string | null {
  const text = collapse((value ?? "").slice(0, maxChars));
  return text === "" ? null : text;
}

function address(resolve: Resolve, href: string | undefined): string | null {
  return resolve(href?.trim() === "" ? undefined : href) ?? null;
}

function keywords(values: readonly string[]): string[] {
  return [...new Set(values.flatMap((value) => clean(value) ?? []))].slice(0, maxValues);
}
