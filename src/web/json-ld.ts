import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/** What the JSON-LD of a page says about it. */
export interface LinkedData {
  title: string | undefined;
  description: string | undefined;
  author: string | undefined;
  site: string | undefined;
  type: string | undefined;
  image: string | undefined;
  published: string | undefined;
  modified: string | undefined;
  /** Everything it says. */
  items: JsonObject[];
}

const maxDepth = 64;
const maxItems = 1_000;
/** Of the site, of how one gets there and of what is beside; none of them is what the page is about. */
const around =
  /^(?:WebSite|WebPage|CollectionPage|Organization|NewsMediaOrganization|BreadcrumbList|ImageObject|Person|SiteNavigationElement|SearchAction|ListItem|Corporation|LocalBusiness)$/;

/** Read what scripts of the type `application/ld+json` hold; one that is no JSON says nothing. */
export function readJsonLd(scripts: readonly string[]): LinkedData {
  const items = scripts.flatMap((script) => itemsOf(parse(script))).slice(0, maxItems);
  const subject = items.find((item) => isAbout(item)) ?? items.find((item) => typeOf(item) === "WebPage");
  const page = items.find((item) => typeOf(item)?.endsWith("Page") === true);
  const field = (name: string) => textOf(subject?.[name]) ?? textOf(page?.[name]);
  return {
    title: field("headline") ?? field("name"),
    description: field("description"),
    author: namesOf(subject?.["author"] ?? page?.["author"] ?? null, items),
    site:
      namesOf(subject?.["publisher"] ?? null, items) ??
      textOf(items.find((item) => typeOf(item) === "WebSite")?.["name"]),
    type: subject === undefined ? undefined : typeOf(subject),
    image: imageOf(subject?.["image"] ?? page?.["image"] ?? null),
    published: field("datePublished") ?? field("uploadDate"),
    modified: field("dateModified"),
    items,
  };
}

/** Of hostile depth it is not read: whoever walks the values does so by recursion. */
function parse(script: string): JsonValue {
  const text = script
    .replace(/^\s*(?:<!--|\/\*<!\[CDATA\[\*\/|\/\/\s*<!\[CDATA\[)/, "")
    .replace(/(?:-->|\/\*\]\]>\*\/|\/\/\s*\]\]>)\s*$/, "");
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > maxDepth) return null;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null;
    throw thrown;
  }
}

function itemsOf(value: JsonValue): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(itemsOf);
  if (!isJsonObject(value)) return [];
  const graph = value["@graph"];
  return Array.isArray(graph) ? graph.flatMap(itemsOf) : [value];
}

function isAbout(item: JsonObject): boolean {
  const type = typeOf(item);
  return type !== undefined && !around.test(type);
}

function typeOf(item: JsonObject): string | undefined {
  const type = item["@type"];
  const first = Array.isArray(type) ? type[0] : type;
  return typeof first === "string" ? first : undefined;
}

function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
}

/** Persons and organisations by name; some are only referred to by `@id`. */
function namesOf(value: JsonValue, items: readonly JsonObject[]): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    const names = value.slice(0, 20).flatMap((one) => namesOf(one, items) ?? []);
    return names.length === 0 ? undefined : names.join(", ");
  }
  if (!isJsonObject(value)) return undefined;
  return (
    textOf(value["name"]) ?? textOf(items.find((item) => item["@id"] === value["@id"] && "name" in item)?.["name"])
  );
}

function imageOf(value: JsonValue): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value[0] === undefined ? undefined : imageOf(value[0]);
  return isJsonObject(value) ? textOf(value["url"]) : undefined;
}
