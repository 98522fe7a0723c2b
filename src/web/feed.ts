import type { Entry, Feed } from "./feed-entry.ts";
import { readJsonFeed } from "./feed-json.ts";
import { readXmlFeed } from "./feed-xml.ts";
import { escapeHtml, simplifyHtml } from "./simplify.ts";

/**
 * A feed (RSS, Atom, JSON Feed) or a sitemap as the page that it stands for; undefined for any other text.
 *
 * @param asLinks the entries of a sitemap as links, not as the bare addresses that read better
 */
export function readFeed(text: string, asLinks: boolean): string | undefined {
  const feed = isJsonFeed(text) ? readJsonFeed(text) : isXmlFeed(text) ? readXmlFeed(text) : undefined;
  if (feed === undefined) return undefined;
  const entries = feed.kind === "sitemap" ? sitemapEntries(feed, asLinks) : feed.entries.map(feedEntry).join("\n");
  return `${head(feed)}${entries}</body></html>`;
}

function isJsonFeed(text: string): boolean {
  return /^\s*\{/.test(text) && text.slice(0, 2_000).includes("https://jsonfeed.org/version/");
}

function isXmlFeed(text: string): boolean {
  const start = text.slice(0, 4_000).replace(/^\ufeff/, "");
  const root = start.replace(/<\?[^>]*>|<!--[^]*?-->|<!DOCTYPE[^[>]*\[[^\]]*\]\s*>|<![^>]*>/gi, "").trimStart();
  return /^<(?:[\w-]+:)?(?:rss|feed|RDF|urlset|sitemapindex)[\s>]/.test(root);
}

function head({ title, description, language, link }: Feed): string {
  const canonical = link === "" ? "" : `<link rel="canonical" href="${escapeHtml(link)}">`;
  const plain = `<head><title>${title}</title>${canonical}</head>`;
  const heading = title === "" ? "" : `<h1>${title}</h1>`;
  return `<html lang="${escapeHtml(language)}">${plain}<body>${heading}<div>${simplifyHtml(description)}</div>`;
}

function feedEntry({ title, link, date, author, content, attachment }: Entry): string {
  const href = escapeHtml(link);
  const name = title === "" ? "" : `<h2>${link === "" ? title : `<a href="${href}">${title}</a>`}</h2>`;
  const address = title === "" && link !== "" ? `<a href="${href}">${href}</a>` : "";
  const facts = [address, escapeHtml(date), author].filter((fact) => fact !== "").join(" · ");
  const file =
    attachment === "" ? "" : `<p><a href="${escapeHtml(attachment)}">${escapeHtml(fileName(attachment))}</a></p>`;
  return `<article>${name}<p>${facts}</p><div>${simplifyHtml(content)}</div>${file}</article>`;
}

function fileName(address: string): string {
  return URL.parse(address)?.pathname.split("/").at(-1) || address;
}

function sitemapEntries({ entries }: Feed, asLinks: boolean): string {
  const items = entries.map(({ link, title, date }) => {
    const href = escapeHtml(link);
    const facts = [title, escapeHtml(date)].filter((fact) => fact !== "").join(" · ");
    return `<li>${asLinks ? `<a href="${href}">${title === "" ? href : title}</a>` : href} ${facts}</li>`;
  });
  return `<ul>${items.join("")}</ul>`;
}
