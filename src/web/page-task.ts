import { z } from "zod";
import { errorCodes } from "../errors.ts";
import type { JsonBytes } from "../text/json-bytes.ts";
import type { PageLinks } from "./crawl/page-links.ts";
import type { Sitemap } from "./crawl/read-sitemap.ts";
import type { PageInput } from "./page.ts";

/** What threads and processes are asked: to read a page or a sitemap, or whether selectors can be used. */
export type PageTask = BodyTask | { kind: "selectors"; css: string[] };

/** A task with a body that has come over the wire, which it takes over. */
export type BodyTask = Packed & (({ kind: "page"; shownChars: number } & PageInput) | SitemapInput);

const kinds = new Set<unknown>(["page", "sitemap", "selectors"] satisfies PageTask["kind"][]);

/** Only `pages.ts` sends tasks, in this very process or to its child: nothing but what they are is looked at. */
export const pageTask = z.custom<PageTask>(
  (task) => typeof task === "object" && task !== null && "kind" in task && kinds.has(task.kind),
);

interface Packed {
  contentEncoding: string;
  /** Of the body once it is unpacked. */
  maxBytes: number;
  bytes: Uint8Array<ArrayBuffer>;
}

interface SitemapInput extends Pick<PageInput, "address" | "contentType"> {
  kind: "sitemap";
}

/** What threads read, unpacked. None of it can take as much memory as a thread has: larger pages have a process. */
export const smallPageBytes = 500_000;

/** Not looked into: a page of 10 MB can hold a million links, and they only pass through. */
const jsonBytes = z.custom<JsonBytes>();

const failure = z.object({ ok: z.literal(false), code: z.enum(errorCodes), message: z.string() });

/** What they answer. */
export const pageAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    title: z.string().nullable(),
    content: jsonBytes,
    /** One a selection. */
    selected: z.array(jsonBytes),
    /** Null where they were not asked for. */
    links: z.custom<PageLinks | null>(),
    /** The HTML of a page that its scripts build, where that was asked. */
    scripted: z.string().nullable(),
    /** Of the body as it was before compression. */
    sizeBytes: z.number(),
    sha256: z.string(),
  }),
  failure,
]);
export type PageAnswer = z.output<typeof pageAnswer>;

export const sitemapAnswer = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), sitemap: z.custom<Sitemap>() }),
  failure,
]);
export type SitemapAnswer = z.output<typeof sitemapAnswer>;

/** For each selector what is wrong with it, or null. */
export const selectorsAnswer = z.array(z.string().nullable());
