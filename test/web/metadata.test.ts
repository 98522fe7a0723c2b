import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/message.ts";
import { extractHtml } from "../../src/web/extract.ts";

const address = "https://a.example/page";

describe("metadata", () => {
  const read = (html: string) => extractHtml(html, { address, extract: "metadata" }).content as JsonObject;

  test("of a page that says nothing is empty", () => {
    expect(read("<p>x")).toEqual({
      title: null,
      description: null,
      author: null,
      site: null,
      type: null,
      language: null,
      canonical: null,
      image: null,
      published: null,
      modified: null,
      keywords: [],
      feeds: [],
      json_ld: [],
    });
  });

  test("is that of every vocabulary, addresses absolute", () => {
    expect(
      read(`<html lang=fr><head><title>T</title><link rel="canonical" href="/c"><link rel=alternate type=application/atom+xml href=feed.atom>
        <meta name=keywords content="a, b,,a"><meta name=description content=" D "><meta name="DC.date" content=2026-01-02><meta property=og:image content=/i.png>
        <meta property=article:author content=https://facebook.com/x></head><body itemscope><span itemprop=author>Bo</span><time itemprop=dateModified datetime=2026-02-03>x</time>
        <script type="application/ld+json">{"@type":"Organization","name":"O"}</script><script type="application/ld+json">{broken</script>`),
    ).toMatchObject({
      title: "T",
      description: "D",
      author: "Bo",
      language: "fr",
      canonical: "https://a.example/c",
      image: "https://a.example/i.png",
      published: "2026-01-02",
      modified: "2026-02-03",
      keywords: ["a", "b"],
      feeds: ["https://a.example/feed.atom"],
      json_ld: [{ "@type": "Organization", name: "O" }],
    });
  });

  test("of hostile JSON-LD does no harm", () => {
    const deep = `<script type="application/ld+json">${"[".repeat(100_000)}</script>`;
    const proto = `<script type="application/ld+json">{"@type":["Article"],"__proto__":{"headline":1},"author":[{"name":{}},{"@id":"#a"}],"headline":["H"]}</script>`;
    expect(read(deep)).toMatchObject({ json_ld: [] });
    expect(read(proto)).toMatchObject({ title: "H", author: null, type: "Article" });
  });
});
