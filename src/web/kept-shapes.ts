import { openExtract } from "./extract.ts";
import type { Extract } from "./extracts.ts";
import { beginHtml } from "./html.ts";
import { openSelected } from "./select.ts";
import { roomFor } from "./text-pieces.ts";

/** Of every kind of element that pages are made of, in every place where it is treated in its own way; none ends. */
const unfinished = `<!doctype html><html lang="en"><head><meta name="a" content="b"><title>t</title><body class="a" id="b">
<header><nav><ul><li class="a"><a href="/" class="b" data-a="c">word</a></ul></nav></header><main id="a"><h1>Title</h1>
<a-b><p class="a">Text &amp; <a href="/a">more</a> <b>of</b> <em class="b" id="c">it</em>, <code>code</code>.<br>Line<img src="a" alt="b" width="3">
<table class="a"><tr><th>a<th colspan="2" class="b">b<tr><td>1<td class="c">2<td>3</table><pre><code class="language-a">a</code></pre>
<ul><li>one<li>two<ol start="2"><li>three</ol></ul><dl><dt>a<dd>b</dl><blockquote><p>quoted</blockquote>
<table><tr><td>1<td class="a">2<tr><td class="b">3<ul><li>item<ol><li><p>and <b>then <i>a <a href="b" class="c">link`;

const kept = new Map<Extract, unknown[]>();
let keptQuery: unknown;

/**
 * Keep what pages of a kind are read with, in the middle of a small one. V8 forgets how objects are laid out of which none
 * is left when it collects garbage, and with that throws away the code that was compiled for them: between two pages that
 * is nearly all there is, and to compile it again took a third of the time of a page.
 */
export function keepShapes(extract: Extract): void {
  if (kept.has(extract)) return;
  const readings = [false, true].map((whole) => {
    const extraction = openExtract({ address: "http://example.com/", extract, whole }, roomFor(unfinished));
    return [extraction, beginHtml(unfinished, extraction.handler)];
  });
  kept.set(extract, readings);
}

/** The same of what selects. */
export async function keepQueryShapes(): Promise<void> {
  keptQuery ??= await openSelected(unfinished, "main > .a b, td:nth-child(2), a[href]");
}
