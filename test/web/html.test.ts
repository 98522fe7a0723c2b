import { expect, test } from "vitest";
import { parseHtml } from "../../src/web/html.ts";
import { own } from "../support/html-events.ts";

test.each([
  ["a page that ends in a tag", "<p>a<b class=x", ["<p>", "a", "</p>"]],
  ["a page that ends in a value", '<p>a<a href="b', ["<p>", "a", "</p>"]],
  ["a page that ends in an end tag", "<p>a</p", ["<p>", "a", "</p>"]],
  ["marks at the end", "a<", ["a<"]],
  ["the beginning of an end tag at the end", "a</", ["a</"]],
  ["a comment that never ends", "a<!-- b <p>c", ["a"]],
  ["comments that end at once", "a<!-->b<!--->c", ["abc"]],
  ["an entity after what looks like an end tag", "<title>a</&amp;</title>", ["<title>", "a</&", "</title>"]],
  ["a script that never ends", "<script>a<b>c", ["<script>", "a<b>c", "</script>"]],
  ["plain text that cannot end", "<plaintext>a</plaintext><p>", ["<plaintext>", "a</plaintext><p>", "</plaintext>"]],
  ["attributes with the names of methods", "<a constructor=1 b>", ['<a constructor="1" b="">', "</a>"]],
  ["names of which nothing is remembered", "<Aa><aA><AA>", ["<aa>", "<aa>", "<aa>", "</aa>", "</aa>", "</aa>"]],
  [
    "a title in a picture",
    "<svg><title>a<b>c</title></svg>",
    ["<svg>", "<title>", "a", "<b>", "c", "</b>", "</title>", "</svg>"],
  ],
  ["CDATA in HTML, a comment that ends with the first mark", "a<![CDATA[ b > c", ["a c"]],
  ["CDATA in a picture", "<svg><![CDATA[a<b>c]]></svg>", ["<svg>", "a<b>c", "</svg>"]],
])("%s", (_, html, events) => {
  expect(own(html)).toEqual(events);
});

test.each([
  [
    "a cell that is not ended where rows and sections start",
    "<table><tbody><tr><td>1<tbody><tr><th>2<tfoot><td>3</table>",
    "table(tbody(tr(td(1))) tbody(tr(th(2))) tfoot(tr(td(3))))",
  ],
  ["rows that are made up for cells", "<table><td>1<td>2<tr><td>3</table>", "table(tr(td(1) td(2)) tr(td(3)))"],
  [
    "cells with an unclosed element in them",
    "<table><tr><td><p>1<td><b>2<td><a>3<tr><td><font>4</table>",
    "table(tr(td(p(1)) td(b(2)) td(a(3))) tr(td(font(4))))",
  ],
  [
    "items with an unclosed element in them",
    "<ul><li><p>1<li><em><span>2<li>3</ul>",
    "ul(li(p(1)) li(em(span(2))) li(em(3)))",
  ],
  [
    "definitions with an unclosed element in them",
    "<dl><dt><p>1<dd><span>2<dt>3</dl>",
    "dl(dt(p(1)) dd(span(2)) dt(3))",
  ],
  [
    "options with an unclosed element in them",
    "<select><option><span>1<optgroup><option><span>2<option>3</select>",
    "select(option(span(1)) optgroup(option(span(2)) option(3)))",
  ],
  [
    "lists in items, whose items are not those around",
    "<ul><li>1<ul><li>2</ul>3<li>4</ul>",
    "ul(li(1 ul(li(2)) 3) li(4))",
  ],
  [
    "end tags of what is around a cell",
    "<div><table><tr><td>1</div></li></b>2</td></tr></table>3</div>",
    "div(table(tr(td(12))) 3)",
  ],
  ["end tags of a list's surroundings in an item", "<li>1<ul>2</li>3</ul>", "li(1 ul(23))"],
  ["a table in a table but not in a cell", "<table><tr><table><td>1</table>", "table(tr()) table(tr(td(1)))"],
  ["parts of a table without one", "1<td>2</td><tr>3", "123"],
  ["formatting that overlaps", "<b>1<i>2</b>3</i>4", "b(1 i(2)) i(3) 4"],
  ["formatting that is cut off", "<p><b>1<p>2</b>3", "p(b(1)) p(b(2) 3)"],
  ["formatting that ends in a block, which goes on", "<div><b><p>1</b>2</p>3</div>", "div(b(p(12)) 3)"],
  ["a link in a link", "<a>1<a>2</a>3", "a(1) a(2) 3"],
  ["a form that ends in a block, which goes on", "<form><div>1</form>2</div>3<form>4", "form(div(12)) 3 form(4)"],
  ["a picture that is not ended", "<svg><g><p>1", "svg(g()) p(1)"],
  ["a formula that is not ended", "<math><mrow><table><td>1", "math(mrow()) table(tr(td(1)))"],
  ["a font with a colour in a picture", "<svg><font>1<font color=red>2", "svg(font(1)) font(2)"],
  [
    "what ends at once in a picture or a formula",
    "<math><mi/><mo>1</mo></math><svg><title/><desc/></svg><p>2",
    "math(mi() mo(1)) svg(title() desc()) p(2)",
  ],
  [
    "a script within a comment in a script",
    "<script><!-- 1 <script>2</script>3 --></script>4",
    "script(<!-- 1 <script>2</script>3 -->) 4",
  ],
  [
    "an empty comment in a script",
    "<script><!--></script>1<script><!--<script>--></script>2",
    "script(<!-->) 1 script(<!--<script>-->) 2",
  ],
  ["a mark in the value of an end tag", "<b>1</b title='>'>2", "b(1) 2"],
  ["text that is none of the page", "<noembed><b>1</noembed><noframes><p>2</noframes>", "noembed(<b>1) noframes(<p>2)"],
  [
    "what says that it needs no scripts, not ended",
    "<p>1<noscript><div><table><td>2</noscript>3",
    "p(1 noscript(div(table(tr(td(2))))) 3)",
  ],
  ["lines that end as on other systems", "<pre>\r\n1\r\n2\r3</pre>", "pre(1\n2\n3)"],
  ["characters that are none", "1\0<b>2\0</b>", "1 b(2)"],
  ["a page that starts late", "<dl><dt>1<html><head><dd>2", "dl(dt(1) dd(2))"],
  ["the end of the body", "<body><div>1</body></html>2", "body(div(12))"],
])("%s", (_, html, tree) => {
  expect(treeOf(own(html))).toBe(tree);
});

/** Elements as calls: shorter to read than tags. */
function treeOf(events: readonly string[]): string {
  let tree = "";
  for (const event of events) {
    const [, slash, name] = /^<(\/?)([a-z]+)[ >]/.exec(event) ?? [];
    // What is in a script may look like a tag, but not like a whole one.
    const isTag = name !== undefined && !/>./s.test(event);
    if (isTag && slash === "/") tree += ")";
    else tree += (tree === "" || tree.endsWith("(") ? "" : " ") + (isTag ? `${name}(` : event);
  }
  return tree;
}

test("what is nested deeper than 512 is beside each other, and all of it is closed", () => {
  const events = own("<div>".repeat(100_000) + "x" + "</p>".repeat(10));
  expect(events.filter((event) => event === "<div>")).toHaveLength(100_000);
  expect(events.filter((event) => event === "</div>")).toHaveLength(100_000);
  expect(events.indexOf("</div>")).toBe(513);
});

/** Each would take hours where the time grows with the square. */
test.each([
  ["tags that never end", "<a ".repeat(700_000)],
  ["marks of tags", "<".repeat(2_000_000)],
  ["values that never end", '<a b="'.repeat(400_000)],
  ["comments that never end", "<!--".repeat(500_000)],
  ["CDATA that never ends", "<![CDATA[".repeat(200_000)],
  ["scripts that never end", "<script>".repeat(250_000)],
  ["end tags of what is not open", "</x>".repeat(500_000)],
  ["end tags of what is not open, deep in others", "<div>".repeat(600) + "</x>".repeat(300_000)],
  ["entities that are none", "&".repeat(2_000_000)],
  ["forms in forms", "<form>".repeat(300_000)],
  ["end tags of what is open but out of reach", "<b><table><td>" + "<i>".repeat(500) + "</b>".repeat(400_000)],
  ["cells that are not ended", "<table>" + "<td>".repeat(500_000)],
  ["paragraphs that end nowhere", "<object>" + "<span>".repeat(500) + "<p><object>".repeat(150_000)],
  [
    "formatting that is not ended, each of its own",
    Array.from({ length: 100_000 }, (_, n) => `<font size=${n}>`).join(""),
  ],
  [
    "formatting of a thousand attributes",
    `<b ${Array.from({ length: 1_000 }, (_, n) => `a${n}`).join(" ")}>`.repeat(450),
  ],
  ["formatting of long attributes", `<b class="${"&amp;".repeat(20_000)}">${"<p>x".repeat(475_000)}`],
  ["names of its own each", Array.from({ length: 200_000 }, (_, n) => `<a${n}>`).join("")],
  ["scripts in comments of scripts", "<script><!--".repeat(150_000)],
  ["comments in scripts", "<script><!--</script>".repeat(100_000)],
  ["pictures that break off", "<svg><g><p>".repeat(200_000)],
  ["forms that end in what goes on", "<form><div></form>".repeat(100_000)],
  ["titles that never end", "<title></titl".repeat(150_000)],
])("2 MB of %s are read", (_, html) => {
  let events = 0;
  parseHtml(html, { onopentag: () => void events++, onclosetag: () => void events++, ontext: () => void events++ });
  expect(events).toBeLessThanOrEqual(2 * html.length);
});

test("a page of unclosed formatting grows with it no more than its paragraphs do", () => {
  let events = 0;
  const formats = Array.from({ length: 1_000 }, (_, n) => `<font size=${n}>`).join("");
  const page = `<p>${formats}${"<p>x".repeat(500_000)}`;
  parseHtml(page, { onopentag: () => void events++, onclosetag: () => void events++, ontext: () => void events++ });
  expect(events).toBeLessThan(page.length);
});

test("a value is that of the first attribute of a name, as the standard has it", () => {
  const html = '<p a="1\r\n2&amp;3" A=second b href="/c&lt\0d" c=\'"\'>';
  const found: (string | undefined)[] = [];
  parseHtml(html, {
    onopentag: (_name, attributes) =>
      void found.push(...["a", "b", "href", "c", "d"].map((name) => attributes.get(name))),
    onclosetag() {},
    ontext() {},
  });
  expect(found).toEqual(["1\n2&3", "", "/c<\ufffdd", '"', undefined]);
});

test("of an element with a million attributes the first thousand are told, and what follows is read", () => {
  const names = Array.from({ length: 100_000 }, (_, n) => `a${n}="${n}>"`);
  const [first, ...others] = own(`<p ${names.join(" ")}>hello`);
  expect(first?.match(/ a\d+=/g)).toHaveLength(1_000);
  expect(others).toEqual(["hello", "</p>"]);
});

test("letters of a name are put in lower case only where they are ASCII", () => {
  const names: string[] = [];
  parseHtml("<xÉ \u212aA=1></XÉ>", {
    onopentag: (name, attributes) => void names.push(name, ...attributes.all().keys()),
    onclosetag: (name) => void names.push(name),
    ontext() {},
  });
  expect(names).toEqual(["xÉ", "\u212aa", "xÉ"]);
});
