import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import type { Extract } from "../../src/web/extracts.ts";
import { isBinaryType } from "../../src/web/page-kind.ts";
import { readPage } from "../../src/web/page.ts";
import { openPages } from "../../src/web/pages.ts";

const address = "https://blog.example/feed.xml";

async function read(text: string, extract: Extract = "markdown", contentType = "application/rss+xml") {
  return readPage({ address, contentType, bytes: new TextEncoder().encode(text), extract, select: [], follow: false });
}

const rss = `<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet href="/s.xsl"?>
<!-- made by hand -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Salt &amp; Tide</title><atom:link href="${address}" rel="self"/><link>https://blog.example/</link><description>Notes from the coast</description><language>en-GB</language>
<image><title>Logo</title><link>https://blog.example/logo</link></image>
<item><title><![CDATA[Boats & <b>ropes</b>]]></title><link>https://blog.example/boats</link><guid isPermaLink="false">x1</guid><pubDate>Wed, 04 Mar 2026 08:15:00 +0100</pubDate><dc:creator><![CDATA[Ann O'Neill]]></dc:creator><description>Short</description>
<content:encoded><![CDATA[<p>Long <a href="/knots">knots</a> text<script>no()</script></p><table><tr><th>n<th>m<tr><td>1<td>2</table><!-- open]]></content:encoded><media:content url="https://cdn.example/a.jpg"><media:title>Picture</media:title></media:content></item>
<item><title>5 &lt; 6 with &lt;div&gt;</title><guid>https://blog.example/second</guid><description>&lt;p&gt;Second &amp;amp; last&lt;/p&gt;</description><enclosure url="https://cdn.example/e/42.mp3" type="audio/mpeg" length="1"/></item>
</channel></rss>`;

test("an RSS feed is its entries, newest first as they stand, without markup around them", async () => {
  const { title, content } = await read(rss);
  expect(title).toBe("Salt & Tide");
  expect(content).toBe(
    [
      "# Salt & Tide",
      "Notes from the coast",
      "## [Boats & **ropes**](https://blog.example/boats)",
      "2026-03-04T07:15:00Z · Ann O'Neill",
      "Long [knots](https://blog.example/knots) text",
      "| n | m |\n| --- | --- |\n| 1 | 2 |",
      "## [5 < 6 with \\<div>](https://blog.example/second)",
      "Second & last",
      "[42.mp3](https://cdn.example/e/42.mp3)",
    ].join("\n\n"),
  );
});

test("a feed has links and tables too, and passes as it is as html", async () => {
  expect((await read(rss, "links")).content).toEqual([
    { text: "Boats & ropes", url: "https://blog.example/boats" },
    { text: "knots", url: "https://blog.example/knots" },
    { text: "5 < 6 with <div>", url: "https://blog.example/second" },
    { text: "42.mp3", url: "https://cdn.example/e/42.mp3" },
  ]);
  expect((await read(rss, "tables")).content).toEqual([
    { caption: null, columns: ["n", "m"], rows: [{ n: "1", m: "2" }] },
  ]);
  expect((await read(rss, "metadata")).content).toMatchObject({
    title: "Salt & Tide",
    language: "en-GB",
    canonical: "https://blog.example/",
  });
  expect((await read(rss, "html")).content).toBe(rss);
});

describe("an entry is read of", () => {
  const entry = "## [One](https://a.example/1)\n\n2026-01-02T03:04:05Z · Bo\n\nHi *there*";
  const feeds: [what: string, contentType: string, text: string][] = [
    [
      "Atom",
      "application/atom+xml",
      `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="text">T</title><link href="https://a.example/" /><author><name>Site</name></author><entry><title>One</title><link rel="edit" href="https://a.example/e"/><link href="https://a.example/1"/><updated>2026-01-02T03:04:05Z</updated><author><name>Bo</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <em>there</em></p></div></content></entry></feed>`,
    ],
    [
      "Atom with a prefix, as text/html",
      "text/html",
      `<?xml version="1.0"?><atom:feed xmlns:atom="http://www.w3.org/2005/Atom"><atom:title>T</atom:title><atom:entry><atom:title>One</atom:title><atom:link href="https://a.example/1"/><atom:published>2026-01-02T03:04:05Z</atom:published><atom:author><atom:name>Bo</atom:name></atom:author><atom:summary type="html">Hi &lt;em&gt;there&lt;/em&gt;</atom:summary></atom:entry></atom:feed>`,
    ],
    [
      "RSS 1.0",
      "text/xml",
      `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.example/"><title>T</title><items><rdf:Seq><rdf:li resource="https://a.example/1"/></rdf:Seq></items></channel><item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link><description>Hi &lt;i&gt;there&lt;/i&gt;</description><dc:date>2026-01-02T03:04:05Z</dc:date><dc:creator>Bo</dc:creator></item></rdf:RDF>`,
    ],
    [
      "JSON Feed",
      "application/feed+json",
      JSON.stringify({
        version: "https://jsonfeed.org/version/1.1",
        title: "T",
        items: [
          {
            id: "1",
            url: "https://a.example/1",
            title: "One",
            content_html: "<p>Hi <em>there</em>",
            date_published: "2026-01-02T03:04:05Z",
            authors: [{ name: "Bo" }],
          },
        ],
      }),
    ],
  ];

  test.each(feeds)("%s", async (_what, contentType, text) => {
    expect((await read(text, "markdown", contentType)).content).toBe(`# T\n\n${entry}`);
  });
});

const sitemap = `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url><loc>https://a.example/?x=1&amp;y=2</loc><lastmod>2026-01-02</lastmod><image:image><image:loc>https://a.example/i.png</image:loc></image:image></url><url><loc> https://a.example/b_c </loc></url></urlset>`;
const sitemapLinks = [
  { text: "https://a.example/?x=1&y=2", url: "https://a.example/?x=1&y=2" },
  { text: "https://a.example/b_c", url: "https://a.example/b_c" },
];

test("a sitemap is a list of addresses, or of other sitemaps", async () => {
  expect((await read(sitemap, "text", "application/xml")).content).toBe(
    "- https://a.example/?x=1&y=2 2026-01-02\n- https://a.example/b_c",
  );
  expect((await read(sitemap, "links", "application/xml")).content).toEqual(sitemapLinks);
  const index = `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://a.example/s1.xml.gz</loc></sitemap></sitemapindex>`;
  expect((await read(index, "links", "text/xml")).content).toEqual([
    { text: "https://a.example/s1.xml.gz", url: "https://a.example/s1.xml.gz" },
  ]);
});

describe("a compressed file", () => {
  const pages = openPages();
  afterAll(() => pages.close());

  async function unpack(bytes: Uint8Array, contentType: string, maxBytes = 1_000_000) {
    const task = {
      address,
      contentType,
      contentEncoding: "",
      maxBytes,
      extract: "links" as const,
      select: [],
      shownChars: 1_000,
      follow: false,
    };
    return pages.read({ ...task, bytes: new Uint8Array(bytes) }, new AbortController().signal);
  }

  test.each(["application/gzip", "application/x-gzip", "application/xml"])("of %s is what is in it", async (type) => {
    expect(isBinaryType(type)).toBe(false);
    expect(await unpack(gzipSync(sitemap), type)).toMatchObject({ ok: true, content: { shown: sitemapLinks } });
  });

  test("is bounded, and what is binary in it is said", async () => {
    expect(await unpack(gzipSync(Buffer.alloc(5_000_000, " ")), "application/gzip")).toMatchObject({
      code: "too_large",
    });
    expect(await unpack(gzipSync(Buffer.alloc(500)), "application/gzip")).toMatchObject({ code: "unreadable" });
  });
});

describe("a hostile feed is read to the end", () => {
  const item = "<item><title>t</title><description>d</description></item>";
  const feeds: Record<string, string> = {
    "of nested items": `<rss><channel>${"<item><title>a".repeat(20_000)}`,
    "of nested markup in a description": `<rss><channel><item><description>${"<div>".repeat(50_000)}`,
    "of entities in entities": `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;">]><rss><channel><item><title>&lol1;</title></item></channel></rss>`,
    "that never closes a comment": `<rss><channel>${item}<item><description><![CDATA[<!--]]></description></item>${item}</channel></rss>`,
    "of 20,000 entries": `<rss><channel>${item.repeat(20_000)}</channel></rss>`,
    "of JSON of another shape": `{"version": "https://jsonfeed.org/version/1", "items": [1, null, {"url": {}, "authors": [[]]}]}`,
  };

  test.each(Object.entries(feeds))("%s", async (_what, text) => {
    const contents: JsonValue[] = [];
    for (const extract of ["markdown", "text", "links", "tables", "metadata"] as const) {
      contents.push((await read(text, extract)).content);
    }
    expect(contents).toHaveLength(5);
  });

  test("and an unclosed entry swallows none after it", async () => {
    expect((await read(feeds["that never closes a comment"] ?? "", "text")).content).toBe("t\n\nd\n\nt\n\nd");
  });
});

test("a feed is one below a document type with a list of its own", async () => {
  const type = '<!DOCTYPE rss [<!ENTITY x "y">]>';
  const { title } = await read(
    `<?xml version="1.0"?>${type}<rss version="0.91"><channel><title>Old</title></channel></rss>`,
  );
  expect(title).toBe("Old");
});
