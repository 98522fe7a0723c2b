import { expect, test } from "vitest";
import { needsScripts } from "../../src/web/scripted.ts";

const app = '<script src="/app.js"></script>';
const sentence = "A sentence that says what this page is about. ";

test.each<[name: string, html: string, needs: boolean]>([
  ["nothing but a script", app, true],
  ["an empty root", `<title>Shop</title><div id="root"></div>${app}`, true],
  ["a root that is loading", `<div id="__next"><p>Loading, please wait…</p></div>${app}`, true],
  ["an element of a framework", `<app-root></app-root><footer>Imprint, terms and privacy</footer>${app}`, true],
  ["a module", '<div id="app"></div><script type="module">1</script>', true],
  ["a plea", `<noscript>Please enable JavaScript to see our shop.</noscript><h1>Our shop of lamps</h1>${app}`, true],
  ["a style and a template besides", `<style>${sentence}</style><template>${sentence}</template>${app}`, true],
  ["no script", '<div id="root"></div>', false],
  ["data alone", '<div id="root"></div><script type="application/ld+json">{}</script>', false],
  ["a short page with statistics", `<h1>It works</h1><p>${sentence}</p>${app}`, false],
  ["a page that was rendered before", `<div id="root"><main>${sentence.repeat(20)}</main></div>${app}`, false],
  ["text beside an empty root", `<main>${sentence.repeat(20)}</main><div id="app"></div>${app}`, false],
  [
    "a plea below a whole page",
    `<noscript>enable JavaScript</noscript><main>${sentence.repeat(20)}</main>${app}`,
    false,
  ],
  ["a root in a comment", `<!-- <div id="root"></div> --><p>${sentence}</p>${app}`, false],
  ["the word script", "<p>&lt;script&gt; is an element", false],
])("%s", (_name, html, needs) => {
  expect(needsScripts(html)).toBe(needs);
});
