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
  ["titles that never end", "<title></titl".repeat(150_000)],
])("2 MB of %s are read", (_, html) => {
  let events = 0;
  parseHtml(html, { onopentag: () => void events++, onclosetag: () => void events++, ontext: () => void events++ });
  expect(events).toBeLessThanOrEqual(2 * html.length);
});

test("of an element with a million attributes the first thousand are told, and what follows is read", () => {
  const names = Array.from({ length: 100_000 }, (_, n) => `a${n}="${n}>"`);
  const [first, ...others] = own(`<p ${names.join(" ")}>hello`);
  expect(first?.match(/ a\d+=/g)).toHaveLength(1_000);
  expect(others).toEqual(["hello", "</p>"]);
});
