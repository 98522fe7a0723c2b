import { beginning, cutText, printable } from "../../text/text.ts";
import { parseHtml } from "../html.ts";
import { collapse } from "../sink.ts";
import type { FoundHit } from "./backend.ts";

/** A hit as it is shown: plain text in well-formed Unicode, an http(s) address, all of bounded length. */
export interface SearchHit {
  title: string;
  url: string;
  snippet: string;
}

const maxTitleChars = 200;
const maxSnippetChars = 500;
const maxUrlChars = 2_000;
/** Of a title or snippet before it is read. */
const maxFoundChars = 20_000;

/** Collects what the pages of a search bring, each address once. */
export interface HitList {
  hits: SearchHit[];
  /** Add as many as there is room for. */
  add(found: readonly FoundHit[]): void;
}

/** @param hide takes the keys out of a text, which a service might repeat */
export function openHitList(count: number, hide: (text: string) => string): HitList {
  const hits: SearchHit[] = [];
  const seen = new Set<string>();
  return {
    hits,
    add(found) {
      for (const hit of found) {
        const url = cleanUrl(hit.url);
        if (hits.length === count || url === undefined || seen.has(keyOf(url)) || hide(url.href) !== url.href) continue;
        seen.add(keyOf(url));
        const [title, snippet] = [hit.title, hit.snippet].map((text) => hide(plainText(text, hit.isHtml)));
        hits.push({
          title: cutText(title || url.host, maxTitleChars),
          url: url.href,
          snippet: cutText(snippet ?? "", maxSnippetChars),
        });
      }
    },
  };
}

/** Undefined for what cannot be fetched, or would mislead. */
function cleanUrl(text: string): URL | undefined {
  const url = text.length > maxUrlChars ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > maxUrlChars) return undefined;
  return url.username === "" && url.password === "" ? url : undefined;
}

function keyOf({ href }: URL): string {
  return href.replace(/#.*/, "");
}

/** What services mark words with, in plain text too. Other tags in plain text are what it is about. */
const highlights = /<\/?(?:b|strong|em|i|mark|span|br|wbr)\b[^<>]{0,200}>/gi;

function plainText(text: string, isHtml: boolean): string {
  const whole = beginning(text, maxFoundChars);
  const html = isHtml ? whole : whole.replace(highlights, "").replaceAll("<", "&lt;");
  const pieces: string[] = [];
  let unseen = 0;
  const isUnseen = (name: string) => name === "script" || name === "style";
  parseHtml(html, {
    onopentag: (name) => void (unseen += isUnseen(name) ? 1 : 0),
    onclosetag: (name) => void (unseen -= isUnseen(name) ? 1 : 0),
    ontext: (piece) => void (unseen === 0 && pieces.push(piece)),
  });
  return collapse(printable(pieces.join("")).toWellFormed());
}
