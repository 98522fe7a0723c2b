import { ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import { matchesWildcards, normalisePercents, readWildcards, type Wildcards } from "../wildcards.ts";

/** Which of the addresses that a crawl finds it fetches. Where it starts is always in scope. */
export interface Scope {
  /** The registrable domain of an address; the host itself where it has none. */
  siteOf(url: URL): string;
  /** Whether an address is of a site that is crawled. */
  isInSite(url: URL): boolean;
  /** Whether a pattern of `exclude` says so. */
  isExcluded(url: URL): boolean;
  /** Why an address is not fetched; undefined for one that is. */
  objection(url: URL): "outside" | "excluded" | "file" | undefined;
}

export interface ScopeRules {
  /** Normalised. */
  startUrls: readonly string[];
  sameSite: boolean;
  include: readonly string[];
  exclude: readonly string[];
}

/** Files that are no pages, by the extension of the path. They are fetched where a pattern of `include` ends in theirs. */
const fileExtensions = new Set(
  (
    "7z aac apk avi avif bin bmp bz2 css dmg doc docx eot eps epub exe flac flv gif gz heic ico iso jar jpeg jpg js m4a " +
    "m4v mjs mkv mov mp3 mp4 mpeg mpg msi odp ods odt ogg ogv otf parquet png ppt pptx ps psd rar rpm svg swf tar tgz " +
    "tif tiff ttf wasm wav webm webp wmv woff woff2 xls xlsx xz zip zst"
  ).split(" "),
);

/**
 * @throws ToolError `invalid_input` for a pattern that can match nothing
 */
export async function openScope({ startUrls, sameSite, include, exclude }: ScopeRules): Promise<Scope> {
  const { getDomain } = await import("tldts");
  const siteOf = (url: URL) => getDomain(url.hostname, { allowPrivateDomains: true }) ?? url.hostname;
  const starts = new Set(startUrls);
  const sites = new Set(startUrls.map((url) => siteOf(new URL(url))));
  const included = include.map((pattern, index) => readPattern(pattern, `include[${index}]`));
  const excluded = exclude.map((pattern, index) => readPattern(pattern, `exclude[${index}]`));
  const wantedFiles = new Set(include.map((pattern) => extensionOf(pattern.toLowerCase())));
  const isInSite = (url: URL) => !sameSite || sites.has(siteOf(url));
  const isExcluded = (url: URL) => excluded.some((pattern) => matches(pattern, url));

  return {
    siteOf,
    isInSite,
    isExcluded,
    objection(url) {
      if (starts.has(url.href)) return undefined;
      if (!isInSite(url)) return "outside";
      const isWanted = included.length === 0 || included.some((pattern) => matches(pattern, url));
      if (!isWanted || isExcluded(url)) return "excluded";
      const extension = extensionOf(url.pathname.toLowerCase());
      return fileExtensions.has(extension) && !wantedFiles.has(extension) ? "file" : undefined;
    },
  };
}

interface Pattern extends Wildcards {
  /** Whether it is about the whole address, not only path and query. */
  isWhole: boolean;
}

function readPattern(pattern: string, name: string): Pattern {
  const isWhole = /^https?:\/\//i.test(pattern);
  if (!isWhole && !/^[/*]/.test(pattern)) {
    throw new ToolError(
      "invalid_input",
      `${name}: "${cutText(pattern, 80)}" must begin with / or * for path and query, or with http:// or https://`,
    );
  }
  return { ...readWildcards(normalisePercents(pattern), true), isWhole };
}

function matches(pattern: Pattern, url: URL): boolean {
  return matchesWildcards(pattern, pattern.isWhole ? url.href : url.pathname + url.search);
}

function extensionOf(path: string): string {
  return /\.([a-z0-9]+)$/.exec(path)?.[1] ?? "";
}
