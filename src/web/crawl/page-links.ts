import type { Element } from "../sink.ts";
import { maxAddressChars, normaliseAddress } from "./address.ts";

/** Where a page leads. Addresses are normalised, each once, in the order of the page. */
export interface PageLinks {
  urls: string[];
  /** Links that ask not to be followed: all of a page that says so, else those marked `rel=nofollow`. */
  nofollow: string[];
  /** What the page says that its own address is. */
  canonical: string | null;
  /** Links that were not looked at, since the page has too many. */
  excess: number;
}

export interface LinkSink {
  open(element: Element, base: string): void;
  end(): PageLinks;
}

const maxLinks = 5_000;
/** Of all links of a page together. */
const maxChars = 1_000_000;

/** Takes the elements of a page that is crawled, those of its head too. */
export function openPageLinks(): LinkSink {
  const urls = new Map<string, boolean>();
  let canonical: string | null = null;
  let isNofollow = false;
  let excess = 0;
  let chars = 0;

  function add(href: string | undefined, base: string, mayFollow: boolean): void {
    if (href === undefined || href.length > 4 * maxAddressChars) return;
    if (urls.size >= maxLinks || chars >= maxChars) return void (excess += 1);
    const url = normaliseAddress(href, base);
    if (url === undefined) return;
    if (!urls.has(url)) chars += url.length;
    urls.set(url, mayFollow || urls.get(url) === true);
  }

  return {
    open({ name, attributes }, base) {
      const rel = (attributes.get("rel") ?? "").toLowerCase().split(/\s+/);
      if (name === "a" || name === "area") add(attributes.get("href"), base, !rel.includes("nofollow"));
      else if (name === "frame") add(attributes.get("src"), base, true);
      else if (name === "link" && rel.includes("canonical"))
        canonical ??= normaliseAddress(attributes.get("href") ?? "", base) ?? null;
      else if (name === "link" && (rel.includes("next") || rel.includes("prev")))
        add(attributes.get("href"), base, true);
      else if (name === "meta") readMeta(attributes, base);
    },
    end() {
      const all = [...urls];
      const followed = all.filter(([, mayFollow]) => mayFollow && !isNofollow).map(([url]) => url);
      const nofollow = all.filter(([, mayFollow]) => !mayFollow || isNofollow).map(([url]) => url);
      return { urls: followed, nofollow, canonical, excess };
    },
  };

  function readMeta(attributes: Element["attributes"], base: string): void {
    const name = attributes.get("name") ?? "";
    const content = attributes.get("content") ?? "";
    if (/^robots$/i.test(name) && /\b(?:nofollow|none)\b/i.test(content)) isNofollow = true;
    if (!/^refresh$/i.test(attributes.get("http-equiv") ?? "")) return;
    add(/^\s*[\d.]*\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i.exec(content.slice(0, maxAddressChars))?.[1], base, true);
  }
}
