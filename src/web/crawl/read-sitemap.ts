import { gunzipSync, constants } from "node:zlib";
import { Parser } from "htmlparser2";
import { ToolError } from "../../errors.ts";
import { decodeText } from "../charset.ts";
import { normaliseAddress } from "./address.ts";

/** What a sitemap lists: pages, or with an index other sitemaps. https://www.sitemaps.org/protocol.html */
export interface Sitemap {
  pages: string[];
  sitemaps: string[];
  /** Whether it lists more than the protocol allows. */
  isCut: boolean;
}

/** What one sitemap may come to unpacked, and how many addresses it may have: the limits of the protocol. */
export const maxSitemapBytes = 50 * 1_024 ** 2;
const maxEntries = 50_000;

/**
 * Read a sitemap in XML or as lines of text, packed with gzip or not. One whose end is missing counts as far as it goes.
 *
 * @param bytes without their content encoding
 * @throws ToolError `too_large`, `unreadable`
 */
export function readSitemap(bytes: Uint8Array, contentType: string, address: string): Sitemap {
  const text = decodeText(unpackFile(bytes), contentType);
  if (!/^\s*(?:\ufeff)?\s*</.test(text.slice(0, 1_000))) return readLines(text, address);
  const sitemap: Sitemap = { pages: [], sitemaps: [], isCut: false };
  const open: string[] = [];
  let location: string | undefined;
  const parser = new Parser(
    {
      onopentag(name) {
        open.push(localName(name));
        if (open.length > maxDepth) throw new ToolError("unreadable", "it is nested too deeply for a sitemap");
        if (open.at(-1) === "loc") location = "";
      },
      ontext(piece) {
        if (location !== undefined && location.length < 10_000) location += piece;
      },
      onclosetag() {
        const isLocation = open.pop() === "loc";
        if (!isLocation || location === undefined) return;
        const list = open.at(-1) === "sitemap" ? sitemap.sitemaps : sitemap.pages;
        if (open.at(-1) === "sitemap" || open.at(-1) === "url") add(list, location, address, sitemap);
        location = undefined;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  for (let at = 0; at < text.length && !sitemap.isCut; at += chunkChars) parser.write(text.slice(at, at + chunkChars));
  return sitemap;
}

const chunkChars = 65_536;
const maxDepth = 64;

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1).toLowerCase();
}

function readLines(text: string, address: string): Sitemap {
  const sitemap: Sitemap = { pages: [], sitemaps: [], isCut: false };
  for (let at = 0; at < text.length && !sitemap.isCut;) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end).trim();
    if (line.length < 10_000 && /^https?:/i.test(line)) add(sitemap.pages, line, address, sitemap);
    at = end < 0 ? text.length : end + 1;
  }
  return sitemap;
}

function add(list: string[], text: string, address: string, sitemap: Sitemap): void {
  const url = normaliseAddress(text.trim(), address);
  if (url === undefined) return;
  if (list.length >= maxEntries) sitemap.isCut = true;
  else list.push(url);
}

/** A file `sitemap.xml.gz` is sent as it is. */
function unpackFile(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxSitemapBytes, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (thrown) {
    const isLarge = thrown instanceof Error && "code" in thrown && thrown.code === "ERR_BUFFER_TOO_LARGE";
    throw new ToolError(
      isLarge ? "too_large" : "unreadable",
      isLarge ? `the sitemap is larger than ${maxSitemapBytes / 1_024 ** 2} MB once unpacked` : "its gzip is damaged",
      { cause: thrown },
    );
  }
}
