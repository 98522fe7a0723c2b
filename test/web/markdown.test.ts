import { describe, expect, test } from "vitest";
import type { JsonValue } from "../../src/message.ts";
import { extractHtml } from "../../src/web/extract.ts";

const address = "https://shop.example/lists/page.html";

function extract(html: string): JsonValue {
  return extractHtml(html, { address, extract: "markdown" }).content;
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
    ["formatting that overlaps without marks that nobody could read", "<b>1<i>2</b>3</i>4", "**1*2***34"],
    ["formatting of two kinds side by side", "<i>a</i><b>c</b>d <b>e</b><i>f</i>", "*a***c**d **e***f*"],
    ["formatting side by side that would not be read as such", "<i>a</i><b>(c)</b> <i>a.</i><b>c</b>", "*a*(c) *a.*c"],
    [
      "formatting of two kinds in a third",
      "<b>1<i>a</i><b>c</b></b> <s><i>a</i><b>c</b></s>",
      "**1*a*c** ~~*a***c**~~",
    ],
    ["formatting that ends and starts again as one", "<b>a</b><b>b</b> <b>c</b>", "**ab** **c**"],
    ["lines of code that end as on other systems", "<pre>a\r\nb\rc</pre>", "```\na\nb\nc\n```"],
    ["what is for other browsers not at all", "a<noembed><b>b</b></noembed><noframes><p>c</noframes>d", "ad"],
    ["nothing of scripts within scripts", "a<script><!-- <script>b</script>c --></script>d", "ad"],
    ["what follows a picture that is not ended", "<svg><text>a<p>b", "b"],
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
    [
      "definitions",
      "<dl><dt>T<dd>one<dd><p>two<p>more</p><dt>U<dd>x</dl>y",
      "T\n: one\n: two\n\n  more\n\nU\n: x\n\ny",
    ],
    ["folded parts", "<details><summary>More</summary><p>x</details>", "**More**\n\nx"],
    ["exponents", "<p>10<sup>6</sup> x<sup>n</sup> 1<sup>st</sup> H<sub>2</sub>O", "10^6 x^n 1st H2O"],
    [
      "footnotes",
      "<p>a<sup><a href=#n>[1]</a></sup></p><div class=footnotes><ol><li id=n>b <a href=#r role=doc-backlink>up</a></ol></div>",
      "a[^1]\n\n[^1]: b",
    ],
    [
      "formulas as they were written",
      "<math alttext='a_1'><mi>a</mi></math> <math display=block><mi>x</mi><annotation encoding=application/x-tex>x^2</annotation></math> <script type='math/tex'>y</script>",
      "$a_1$ $$x^2$$ $y$",
    ],
    ["readings that have no end tags", "<ruby><rb>東<rt>とう<rb>京<rt>きょう</ruby>", "東(とう)京(きょう)"],
    ["readings of characters", "<ruby>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>", "字(じ)"],
    [
      "lists of things to do",
      "<ul><li><input type=checkbox checked> a<li><input type=checkbox> b</ul>",
      "- [x] a\n- [ ] b",
    ],
    [
      "headings without the sign that links to them",
      "<h2>A <a href=#a>¶</a></h2><h2><a href=#b>B</a></h2>",
      "## A\n\n## B",
    ],
    ["pictures that are loaded late", "<img src='data:x' data-src=/a.png alt=A>", "![A](https://shop.example/a.png)"],
    [
      "blocks in cells",
      "<table><tr><th>a<th>b<tr><td><ul><li>x<li>y</ul><td><p>1<p>2</table>",
      "| a | b |\n| --- | --- |\n| - x<br>- y | 1<br>2 |",
    ],
    ["words without the places where they may break", "<p>Do&shy;nau&#8203;dampf", "Donaudampf"],
    [
      "code that is marked up line by line",
      "<div class=highlight-py><pre><div>a</div><div>  b</div></pre></div>",
      "```py\na\n  b\n```",
    ],
    [
      "code, not the numbers of its lines",
      "<table><tr><td class=linenos><pre>1\n2</pre><td><pre>a\nb</pre></table><p>The rest is long enough to be a sentence of its own, and of the next one, so that it is taken for the text of the page and not for labels.",
      "```\na\nb\n```\n\nThe rest is long enough to be a sentence of its own, and of the next one, so that it is taken for the text of the page and not for labels.",
    ],
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
