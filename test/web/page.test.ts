import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { extractHtml, type Extract } from "../../src/web/extract.ts";
import { readPage, type PageInput } from "../../src/web/page.ts";
import { selectorProblem, type Selection } from "../../src/web/select.ts";

const address = "https://shop.example/lists/page.html";

function extract(html: string, kind: Extract = "markdown"): JsonValue {
  return extractHtml(html, address, kind).content;
}

function read(bytes: Uint8Array | string, contentType: string, more: Partial<PageInput> = {}) {
  const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return readPage({ address, contentType, bytes: body, extract: "text", select: [], follow: false, ...more });
}

describe("markdown", () => {
  const cases: [what: string, html: string, markdown: string][] = [
    ["paragraphs", "<p>One\n  line</p><p>Two<p>Three", "One line\n\nTwo\n\nThree"],
    ["headings", "<h1>A</h1><h3> B <b>c</b></h3>d", "# A\n\n### B **c**\n\nd"],
    ["blocks inside a heading as words", "<h2><div>a</div><div>b</div></h2>", "## a b"],
    [
      "emphasis without its outer spaces",
      "<p>a<b> bold </b>z, <em>it</em> and <s>gone</s>",
      "a **bold** z, *it* and ~~gone~~",
    ],
    ["no marks where there is no text", "<p>a <b> </b><a href='/x'></a>b", "a b"],
    ["emphasis that reaches over blocks", "<b><p>a</p><p>b</p></b>", "**a**\n\n**b**"],
    ["links made absolute", "<a href='../x (1).html'>X</a>", "[X](https://shop.example/x%20%281%29.html)"],
    ["links that are no web addresses as text", "<a href='javascript:x()'>run</a> <a href='mailto:a@b'>m</a>", "run m"],
    [
      "links relative to the base",
      "<base href='https://cdn.example/a/'><a href='b'>b</a>",
      "[b](https://cdn.example/a/b)",
    ],
    [
      "images as their description",
      "<img src='/a.png' alt='An  image'><img src='/b.png'>",
      "![An image](https://shop.example/a.png)",
    ],
    ["images without an address as text", "<img src='data:image/png;base64,AA' alt='Logo'>", "Logo"],
    ["lists", "<ul><li>a<li>b</ul>", "- a\n- b"],
    ["numbered lists", "<ol start=9><li>a<li><p>b</p></ol>c", "9. a\n10. b\n\nc"],
    ["items that hold paragraphs", "<ul><li><p>a<p>b</p></li><li><p>c</p></li></ul>", "- a\n\n  b\n\n- c"],
    ["nested lists", "<ul><li>a<ul><li>b<ol><li>c</ol></ul><li>d</ul>", "- a\n  - b\n    1. c\n- d"],
    ["quotations", "<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n>\n> b\n\nc"],
    ["code", "<p>run <code>a  `b`</code>", "run ``a `b```"],
    ["code blocks", "<pre><code class='language-js'>\nlet a;\n\n  b</code></pre>", "```js\nlet a;\n\n  b\n```"],
    ["code blocks that hold fences", "<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"],
    ["line breaks", "a<br>b", "a\nb"],
    ["rules", "a<hr>b", "a\n\n---\n\nb"],
    ["tables", "<table><tr><th>a<th>b<tr><td>1<td>2|3<br>4</table>", "| a | b |\n| --- | --- |\n| 1 | 2\\|3 4 |"],
    ["rows that are too short", "<table><tr><td>a<td>b<tr><td>c</table>", "| a | b |\n| --- | --- |\n| c |  |"],
    ["tables that only arrange", "<table><tr><td><p>a</p><p>b</p><td>c</table>", "a\n\nb\n\nc"],
    [
      "tables in tables",
      "<table><tr><td>x<table><tr><td>1<td>2</table><td>y</table>",
      "x\n\n| 1 | 2 |\n| --- | --- |\n\ny",
    ],
    ["entities", "<p>a &amp; b &lt;c&gt; &euro; &#x41;", "a & b \\<c> € A"],
    ["text that looks like Markdown", "<p># a *b* [c] _d_ snake_case", "\\# a \\*b\\* \\[c\\] \\_d\\_ snake_case"],
    ["text with signs as it is", "<p>a &lt; b &gt; c", "a < b > c"],
    ["a paragraph that looks like a list", "<p>1. a<p>- b", "1\\. a\n\n\\- b"],
    [
      "what is hidden not at all",
      "a<p hidden>b</p><template>c</template><noscript>d</noscript><svg><text>e</text></svg>f",
      "af",
    ],
    ["scripts and styles not at all", "<script>var a = '<p>x</p>';</script><style>p{}</style>y", "y"],
    ["a script that never ends not at all", "y<script>var a = '<p>x</p>';", "y"],
  ];

  test.each(cases)("writes %s", (_what, html, markdown) => {
    expect(extract(html)).toBe(markdown);
  });
});

test("text keeps lines and drops marks", () => {
  const html =
    "<h1>A</h1><div>b <a href=/x>c</a></div><div>d</div><ul><li>e<li>f</ul><table><tr><td>1<td>2</table><pre>x\n y</pre>";
  expect(extract(html, "text")).toBe("A\n\nb c\nd\n\n- e\n- f\n\n1\t2\n\nx\n y");
});

test("links are listed with their text and absolute address", () => {
  const html =
    "<a href='/a'>A <b>b</b></a><a name=x>no</a><a href=?q=1><img alt=Pic></a><a href='ftp://x'>f</a><area href=/m alt=Map>";
  expect(extract(html, "links")).toEqual([
    { text: "A b", url: "https://shop.example/a" },
    { text: "Pic", url: "https://shop.example/lists/page.html?q=1" },
    { text: "Map", url: "https://shop.example/m" },
  ]);
});

test("tables are listed with caption, header and rows", () => {
  const html = `<table><caption>Prices</caption><thead><tr><th>sku<th>eur</thead><tbody><tr><td>A<td>1<br>2</tbody></table>
    <table><tr><td>x<table><tr><td>inner</table></table>`;
  expect(extract(html, "tables")).toEqual([
    { caption: "Prices", header: ["sku", "eur"], rows: [["A", "1 2"]] },
    { caption: null, header: null, rows: [["x"]] },
    { caption: null, header: null, rows: [["inner"]] },
  ]);
});

test("the title is the page's, not a drawing's, and the Open Graph title stands in", () => {
  const title = (html: string) => extractHtml(html, address, "text").title;
  expect(title("<title> A\n &amp; b </title><svg><title>No</title></svg>")).toBe("A & b");
  expect(title("<svg><title>No</title></svg><title>Yes</title>")).toBe("Yes");
  expect(title("<meta property=og:title content=Og><p>x")).toBe("Og");
  expect(title("<p>x")).toBeNull();
  expect(title(`<title>${"a".repeat(999)}😀</title>`)).toBe("a".repeat(999));
});

describe("select", () => {
  const html = `<base href="/base/"><p class=a>One <b>1</b></p><p class=a>Two<script>no()</script></p><a href="x.html">l</a>
    <script type="application/ld+json">{"a":1}</script><div data-n="5 &quot;q&quot; &lt;"></div>`;

  async function select(page: string, selections: Selection[]): Promise<JsonValue[]> {
    const plain = await read(page, "text/html", { select: selections });
    // Deeper than pages usually are, and with more in them: these take another way.
    const deep = await read(`${page}${"<div>".repeat(600)}`, "text/html", { select: selections });
    expect(deep.selected).toEqual(plain.selected);
    return plain.selected;
  }

  test("reads all of a page, whatever is around its html element", async () => {
    const values = await select("<!doctype html><p>a</p><html lang=en><body><p>b</p></body></html><p>c", [
      { name: "all", css: "p", many: true },
    ]);
    expect(values).toEqual([["a", "b", "c"]]);
  });

  test("takes text, attributes and lists", async () => {
    const values = await select(html, [
      { name: "first", css: "p.a" },
      { name: "all", css: "p.a", many: true },
      { name: "link", css: "a", attr: "href" },
      { name: "n", css: "div", attr: "data-n" },
      { name: "none", css: ".none" },
      { name: "nothing", css: ".none", many: true },
      { name: "script", css: "script" },
      { name: "noAttr", css: "p", attr: "id" },
    ]);
    expect(values).toEqual([
      "One 1",
      ["One 1", "Two"],
      "https://shop.example/base/x.html",
      '5 "q" <',
      null,
      [],
      "",
      null,
    ]);
  });

  test.each(["p[", "p:nope", "p:has(", "a:nth-child(x)", "p::text", ">>>", "(".repeat(400), ":not(".repeat(90)])(
    "says what is wrong with %j",
    async (css) => {
      expect(await selectorProblem(css)).toBeTypeOf("string");
    },
  );

  test.each(["p", "div > p:nth-child(2n)", "a[href^='x']", ":is(h1, h2)", "p:has(b)", "li:first", "p:contains(One)"])(
    "can use %j",
    async (css) => {
      expect(await selectorProblem(css)).toBeUndefined();
    },
  );
});

describe("bytes", () => {
  const latin1 = Uint8Array.from("<p>caf\u00e9", (char) => char.charCodeAt(0));
  const shiftJis = Uint8Array.from([0x3c, 0x70, 0x3e, 0x93, 0xfa, 0x96, 0x7b]);

  test.each<[what: string, bytes: Uint8Array | string, contentType: string, text: string]>([
    ["the charset of the header", latin1, "text/html; charset=iso-8859-1", "caf\u00e9"],
    ["the charset of the header in quotes", shiftJis, 'text/html; charset="Shift_JIS"', "日本"],
    ["UTF-8 without a word about it", "<p>日本", "text/html", "日本"],
    ["windows-1252 where it is no UTF-8", latin1, "text/html", "caf\u00e9"],
    ["UTF-8 where the charset is unknown", "<p>日本", "text/html; charset=none-such", "日本"],
    ["a byte order mark before the header", "\uFEFF<p>日本", "text/html; charset=iso-8859-1", "日本"],
    [
      "UTF-16 by its byte order mark",
      new Uint8Array([0xff, 0xfe, 0x3c, 0, 0x70, 0, 0x3e, 0, 0xe5, 0x65]),
      "text/html",
      "日",
    ],
    ["XHTML", "<?xml version='1.0'?><html><p>a</p></html>", "application/xhtml+xml", "a"],
    ["HTML without a type", "<!doctype html><p>a", "", "a"],
    ["nothing", "", "text/html", ""],
  ])("are read by %s", async (_what, bytes, contentType, text) => {
    expect((await read(bytes, contentType)).content).toBe(text);
  });

  test("are read by the charset that the page declares", async () => {
    const head = new TextEncoder().encode("<meta http-equiv=x content='text/html; charset=Shift_JIS'>");
    expect((await read(Buffer.concat([head, shiftJis]), "text/html")).content).toBe("日本");
  });

  test.each([
    "application/json",
    "text/plain; charset=utf-8",
    "application/ld+json",
    "text/csv",
    "application/rss+xml",
  ])("of %s pass as they are", async (contentType) => {
    const page = await read('{"a": "<p>&amp;"}', contentType, { extract: "markdown" });
    expect(page).toEqual({ title: null, content: '{"a": "<p>&amp;"}', selected: [], links: null });
  });

  test.each([
    ["image/png", "x"],
    ["application/pdf", "%PDF"],
    ["application/octet-stream", "x"],
    ["text/html", "\0\0\u0001binary"],
    ["", "PK\u0003\u0004\0\0"],
  ])("of %j are unreadable", async (contentType, bytes) => {
    await expect(read(bytes, contentType)).rejects.toMatchObject({ code: "unreadable" });
  });
});

describe("hostile pages are read to the end", () => {
  const kinds: Extract[] = ["markdown", "text", "links", "tables"];
  const pages: Record<string, string> = {
    "100,000 nested elements": `${"<div>".repeat(100_000)}end`,
    "20,000 nested and closed elements": `${"<div>".repeat(20_000)}${"</div>".repeat(20_000)}end`,
    "closing tags without an opening": `${"</b></p></x>".repeat(20_000)}end`,
    "nested lists and quotations": `${"<ul><li><blockquote>a".repeat(5_000)}end`,
    "nested tables": `${"<table><tr><td>a".repeat(3_000)}end`,
    "nested links and marks": `${"<a href=x><b><i>a".repeat(5_000)}end`,
    "nested headings and code": `${"<h1><code>".repeat(20_000)}end`,
    "nested drawings": `${"<svg><foreignObject>".repeat(20_000)}end`,
    "forms in forms": `${"<form>".repeat(10_000)}end`,
    "half a tag": "<p>end<a href='x",
    "only tag openings": `${"<".repeat(200_000)}end`,
    "an element with 20,000 attributes": `<p ${Array.from({ length: 20_000 }, (_, n) => `a${n}=1`).join(" ")}>end`,
    "comments in comments": `${"<!--".repeat(50_000)}end`,
    "a table of one wide row": `<table><tr>${"<td>x".repeat(20_000)}</table>end`,
  };

  test.each(Object.entries(pages))("%s", async (_what, html) => {
    for (const kind of kinds) {
      const page = await read(html, "text/html", { extract: kind, select: [{ name: "a", css: "div div a" }] });
      expect(page.selected).toEqual([page.selected[0]]);
    }
  });

  test("but a long base in front of many links is too large", () => {
    const html = `<base href="https://x.example/${"a".repeat(8_000)}/">${"<a href=b>c</a>".repeat(10_000)}`;
    expect(() => extract(html, "links")).toThrow(expect.objectContaining({ code: "too_large" }));
  });
});
