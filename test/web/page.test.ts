import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { extractHtml } from "../../src/web/extract.ts";
import type { Extract } from "../../src/web/extracts.ts";
import { readPage, type PageInput } from "../../src/web/page.ts";
import { selectorProblem, type Selection } from "../../src/web/select.ts";

const address = "https://shop.example/lists/page.html";

function extract(html: string, kind: Extract = "markdown"): JsonValue {
  return extractHtml(html, { address, extract: kind }).content;
}

function read(bytes: Uint8Array | string, contentType: string, more: Partial<PageInput> = {}) {
  const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return readPage({ address, contentType, bytes: body, extract: "text", select: [], follow: false, ...more });
}

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

test("tables are listed with caption, columns and rows, without those that only arrange others", () => {
  const html = `<table><caption>Prices</caption><thead><tr><th>sku<th>eur</thead><tbody><tr><td>A<td>1<br>2</tbody></table>
    <table><tr><td>x<table><tr><td>inner</table></table>`;
  expect(extract(html, "tables")).toEqual([
    { caption: "Prices", columns: ["sku", "eur"], rows: [{ sku: "A", eur: "1 2" }] },
    { caption: null, columns: ["column1"], rows: [{ column1: "inner" }] },
  ]);
});

test("what spans rows and columns of a table stands in each, under distinct names, and short rows are filled", () => {
  const html = `<table><tr><th rowspan=2>sku<th colspan=2>price<th rowspan=2>sku<tr><th>eur<th>usd
    <tr><td rowspan=2>A<td>1<td>2<td>x<tr><td colspan=2>3<tr><td>B</table>`;
  expect(extract(html, "tables")).toEqual([
    {
      caption: null,
      columns: ["sku", "price eur", "price usd", "sku_2"],
      rows: [
        { sku: "A", "price eur": "1", "price usd": "2", sku_2: "x" },
        { sku: "A", "price eur": "3", "price usd": "3", sku_2: null },
        { sku: "B", "price eur": null, "price usd": null, sku_2: null },
      ],
    },
  ]);
  expect(extract(html)).toContain("| A | 1 | 2 | x |\n| A | 3 | 3 |  |");
});

test("the headings of a table are found where they are bold cells, and a title over all columns is the caption", () => {
  const html =
    "<table><tr><th colspan=2>Hours<tr><th>day<th>time<tr><td>Mon<td>9</table><table><tr><td><b>a</b><td><b>b</b><tr><td>1<td>2</table>";
  expect(extract(html, "tables")).toEqual([
    { caption: "Hours", columns: ["day", "time"], rows: [{ day: "Mon", time: "9" }] },
    { caption: null, columns: ["a", "b"], rows: [{ a: "1", b: "2" }] },
  ]);
});

test("a table whose cells claim to span millions stays small", () => {
  const html = `<table>${"<tr><td colspan=1000 rowspan=65534>x<td>y".repeat(2_000)}</table>`;
  expect(JSON.stringify(extract(html, "tables")).length).toBeLessThan(10_000_000);
  expect(String(extract(html)).length).toBeLessThan(10_000_000);
});

test("the title is the page's, not a drawing's, and the Open Graph title stands in", () => {
  const title = (html: string) => extractHtml(html, { address, extract: "text" }).title;
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
      { name: "noAttr", css: "p", attr: "id" },
    ]);
    expect(values).toEqual(["One 1", ["One 1", "Two"], "https://shop.example/base/x.html", '5 "q" <', null, [], null]);
  });

  test("takes the text of scripts and frames where they are selected, and none of theirs with what is around", async () => {
    const silent = "<noscript>b</noscript><iframe>c</iframe><noembed>d</noembed><noframes>e</noframes>";
    const values = await select(`${html}<div id=all>a${silent}<template>f</template><style>g</style>h</div>`, [
      { name: "all", css: "#all" },
      { name: "data", css: "script[type='application/ld+json']" },
      { name: "each", css: "#all *", many: true },
    ]);
    expect(values).toEqual(["ah", '{"a":1}', ["b", "c", "d", "e", "f", "g"]]);
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
    expect(page).toEqual({ title: null, content: '{"a": "<p>&amp;"}', selected: [], links: null, scripted: null });
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

test("a NUL is passed over in what is said to be HTML", async () => {
  const page = await read("<!doctype html>\0<title>A\0</title><p>b\0c", "text/html", { extract: "text" });
  expect(page).toMatchObject({ title: "A", content: "bc" });
  await expect(read("<p>b\0c", "")).rejects.toMatchObject({ code: "unreadable" });
});

describe("a small page that comes to much is too large", () => {
  const blocks = "<p>x".repeat(5_000);
  test.each<[string, string, string, Extract]>([
    [
      "with a long address that goes on in each block",
      "text/html",
      `<a href="/${"(".repeat(5_000)}">${blocks}`,
      "markdown",
    ],
    [
      "with a language of code that all of it has",
      "text/html",
      `<div class="lang-${"x".repeat(20_000)}">${"<pre>x</pre>".repeat(5_000)}`,
      "markdown",
    ],
    [
      "as a feed, with formatting that starts again in each block",
      "application/rss+xml",
      `<rss><channel><item><description>&lt;p&gt;&lt;b class=${"v".repeat(100_000)}&gt;${blocks.replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</description></item></channel></rss>`,
      "markdown",
    ],
  ])("%s", async (_what, type, content, kind) => {
    await expect(read(content, type, { extract: kind })).rejects.toMatchObject({ code: "too_large" });
  });

  test("where attributes are selected", async () => {
    const content = `<p><font class="${"&amp;".repeat(10_000)}">${"<p>x".repeat(6_000)}`;
    const select = [{ name: "all", css: "font", attr: "class", many: true }];
    await expect(read(content, "text/html", { extract: "metadata", select })).rejects.toMatchObject({
      code: "too_large",
    });
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
