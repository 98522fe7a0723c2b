import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCorpus } from "../support/corpus.ts";
import { own, standard } from "../support/html-events.ts";

/**
 * What is left out of the comparison: these are not made up where they are not written, since nothing that is read
 * depends on them.
 */
const madeUp = /^<\/?(?:html|head|body|tbody|colgroup)\b/;

/** Formatting that ends within a block which started in it ends with that block: what was told is not moved. */
const inlines = /^<\/?(?:html|head|body|tbody|colgroup|a|b|i|em|font|code|nobr|u|span)\b/;

/** Elements, and their text with white space made one space. */
function treeOf(events: readonly string[], dropped: RegExp = madeUp): string[] {
  const tree: string[] = [];
  let text = "";
  for (const event of [...events, "<>"]) {
    if (!/^<[/a-z>]/.test(event)) text += event;
    else if (!dropped.test(event)) {
      if (text.trim() !== "") tree.push(text.replace(/\s+/g, " ").trim());
      text = "";
      tree.push(event);
    }
  }
  return tree;
}

function expectStandard(body: string, dropped?: RegExp): void {
  const html = `<!doctype html><title>t</title><body>${body}`;
  expect(treeOf(own(html), dropped)).toEqual(treeOf(standard(html), dropped));
}

const words = fc.stringMatching(/^[a-z]{1,3}$/);
const end = (tag: string) => fc.constantFrom(`</${tag}>`, `</${tag} >`, "");
const some = <T>(value: fc.Arbitrary<T>, maxLength = 3) => fc.array(value, { maxLength });
const join = (parts: readonly string[]) => parts.join("");
const joined = (...parts: fc.Arbitrary<string | string[]>[]) =>
  fc.tuple(...parts).map((all) => all.map((part) => (typeof part === "string" ? part : part.join(""))).join(""));
const element = (tag: string, inside: fc.Arbitrary<string | string[]>) =>
  joined(fc.constant(`<${tag}>`), inside, end(tag));
const closed = (tag: string, inside: fc.Arbitrary<string | string[]>) =>
  joined(fc.constant(`<${tag}>`), inside, fc.constant(`</${tag}>`));

const formats = ["a href=/x", "b", "i", "em", "font size=1", "code", "nobr", "u"];
const formatMarks = formats.flatMap((tag) => [`<${tag}>`, `</${tag.split(" ")[0]}>`]);
const standing = ["<br>", "<img alt=x>", "</br>", "<span>", "</span>", "<wbr>", "&amp;", "<input>", "<svg><g/>x</svg>"];
/** Formatting in any order, that overlaps and does not end. */
const inline = [
  { weight: 4, arbitrary: words },
  { weight: 3, arbitrary: fc.constantFrom(...formatMarks) },
  { weight: 1, arbitrary: fc.constantFrom(...standing) },
];
const formatted = some(fc.oneof(...inline), 6).map(join);
/** With end tags of what is not open, or not to be ended there. */
const strays = fc.constantFrom("</div>", "</p>", "</li>", "</caption>", "</h1>", "</x>", "</form>", "</ul>", "</body>");
const phrase = some(fc.oneof(...inline, { weight: 1, arbitrary: strays }), 6).map(join);

type Html = fc.Arbitrary<string>;

/** @param flow what may be in an item or a cell */
function listOf(flow: Html): Html {
  const items = some(element("li", flow));
  const definitions = some(fc.constantFrom("dt", "dd").chain((tag) => element(tag, flow)));
  return fc.oneof(
    fc.constantFrom("ul", "ol", "menu").chain((tag) => closed(tag, items)),
    closed("dl", definitions),
  );
}

function tableOf(flow: Html): Html {
  const row = element("tr", some(fc.constantFrom("td", "th").chain((tag) => element(tag, flow))));
  const section = joined(fc.constantFrom("", "<tbody>", "<thead>", "<tfoot>", "</tbody>", "</tr>"), some(row));
  const start = fc.constantFrom("", "<caption>c", "<caption>c</caption>", "<colgroup><col>", "<col>");
  return joined(fc.constant("<table>"), start, some(section), fc.constant("</table>"));
}

const containers = "div section blockquote pre h1 h2 center button object address fieldset".split(" ");

const { block } = fc.letrec<{ block: string; flow: string }>((tie) => ({
  flow: fc.oneof({ maxDepth: 4 }, phrase, some(tie("block")).map(join), joined(phrase, tie("block"), phrase)),
  block: fc.oneof(
    { maxDepth: 4 },
    element("p", phrase),
    listOf(tie("flow")),
    fc.constantFrom("ul", "dl").chain((tag) => element(tag, tie("flow"))),
    tableOf(tie("flow")),
    fc.constantFrom(...containers).chain((tag) => element(tag, tie("flow"))),
  ),
}));

/** Blocks that start in no formatting: what is in them is a phrase, or other blocks. */
const { plain } = fc.letrec<{ plain: string }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    element("p", formatted),
    listOf(formatted),
    tableOf(formatted),
    closed("div", some(tie("plain"))),
  ),
}));

describe("as the standard says", () => {
  test("blocks, lists and tables whose end tags are left out", () => {
    fc.assert(
      fc.property(some(block), (blocks) => expectStandard(blocks.join(""), inlines)),
      { numRuns: 2_000 },
    );
  });

  test("formatting that overlaps, is cut off and starts again", () => {
    fc.assert(
      fc.property(some(plain), (blocks) => expectStandard(blocks.join(""))),
      { numRuns: 2_000 },
    );
  });

  test("every page of the corpus", async () => {
    for (const page of await readCorpus()) {
      // Ours keeps what is in it in it: browsers read it as text.
      const html = page.html.replace(/<noscript>[\s\S]*?<\/noscript>/g, "");
      expect(treeOf(own(html))).toEqual(treeOf(standard(html)));
    }
  });

  // Without formatting, tables, whose stray contents the standard moves, `select`, and what is read without scripts alone.
  const tags =
    "p div span li ul form script style title textarea svg math mi foreignObject br img image h1 h2 xmp iframe Span Script TITLE dd dt rp input button body head html x-y svg:rect noembed desc pre";
  const marks =
    ">|/>| |\n|\f|\r|\v|text|é東|<|</|</3>|</ x>|<!|<?|&|&amp;|&amp|&nope;|&copyx|&#x41;|&#0;|<!--|-->|--!>|-|]]>|" +
    '<!doctype html>|"|\'|=|</script|</title >| class=\'a b\'| id="x&amp;y"| href="?a=1&copy=2"| hidden|' +
    " x=y/z| =q| a=1 a=2| CLASS=Q| constructor=2";
  const pieces = [...tags.split(" ").flatMap((name) => [`<${name}`, `<${name}>`, `</${name}>`]), ...marks.split("|")];

  test("whatever is put together of tags, marks and text", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => expectStandard(parts.join(""))),
      { numRuns: 3_000 },
    );
  });
});
