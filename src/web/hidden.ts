import type { Extract } from "./extracts.ts";
import { type Attributes, noAttributes } from "./html-attributes.ts";

/** Elements that hold code, or what is there for those who cannot show the page: their text is none of it. */
export const silentElements: ReadonlySet<string> = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "iframe",
  "noembed",
  "noframes",
]);

/** Elements whose text is never shown, or is not the page's own. */
const unshown = new Set([
  ...silentElements,
  "svg",
  "object",
  "canvas",
  "audio",
  "video",
  "select",
  "datalist",
  "textarea",
  "title",
]);

const structure = new Set(["html", "body", "main", "article"]);

type IsHidden = (name: string, attributes: Attributes) => boolean;

/** What of a page is not read at all. Menus that open and tables behind tabs are there for links and tables. */
export function hiddenFor(extract: Extract): IsHidden {
  if (extract === "metadata") return (name, attributes) => unshown.has(name) && !isJsonLd(name, attributes);
  return extract === "markdown" || extract === "text" ? isUnseen : (name, attributes) => isSilent(name, attributes);
}

function isJsonLd(name: string, attributes: Attributes): boolean {
  return name === "script" && /^application\/ld\+json/i.test(attributes.get("type")?.trim() ?? "");
}

function isSilent(name: string, attributes: Attributes): boolean {
  if (attributes === noAttributes) return unshown.has(name);
  const hidden = attributes.get("hidden");
  if (hidden !== undefined && hidden !== "until-found") return true;
  return unshown.has(name) && !(attributes.has("shadowrootmode") && name === "template");
}

function isUnseen(name: string, attributes: Attributes): boolean {
  if (attributes === noAttributes) return name === "dialog" || unshown.has(name);
  if (name === "script") return !/^math\/tex/i.test(attributes.get("type") ?? "");
  if (isSilent(name, attributes)) return true;
  if (name === "dialog" && !attributes.has("open")) return true;
  const style = attributes.get("style");
  const isStyled = style !== undefined && /(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(style);
  if (!isStyled && attributes.get("aria-hidden") !== "true") return false;
  // Scripts show a page that starts hidden, and MediaWiki hides the source of the formulas that it shows as pictures.
  return !structure.has(name) && attributes.get("class")?.includes("mwe-math-mathml") !== true;
}
