import { describe, expect, test } from "vitest";
import { extractHtml } from "../../src/web/extract.ts";

const address = "https://a.example/page";
const long = "This sentence is long enough to be one of those that a page is read for, and it goes on for a while. ";

function text(html: string): string {
  return String(extractHtml(html, { address, extract: "text" }).content);
}

describe("the main text", () => {
  const kept: [what: string, html: string, piece: string][] = [
    ["a page without a main part, menus and all", "<nav><a href=/a>Menu</a></nav><p>Short.", "Menu"],
    ["a page that is nothing but a menu", `<nav>${"<a href=/a>Entry</a> ".repeat(50)}</nav>`, "Entry"],
    [
      "a section named after what it is about",
      `<main><p>${long}</p><section id=share-capital><p>Capital of 5 million.</p></section></main>`,
      "Capital",
    ],
    [
      "a policy on cookies",
      `<article class=cookie-policy><h1>Cookies</h1><p>${long.repeat(3)}</p></article>`,
      "This sentence",
    ],
    [
      "a menu of dishes",
      `<main><p>${long}</p><div class=menu><h2>Mains</h2><p>Trout with almonds, 18</p></div></main>`,
      "Trout",
    ],
    [
      "a heading outside the main part",
      `<div class=hero><h1>Title</h1><p>Lead</p></div><main><p>${long}</p></main>`,
      "Lead",
    ],
    [
      "a page that scripts show later",
      `<body style="display:none"><main aria-hidden=true><p>${long}</p></main></body>`,
      "This sentence",
    ],
    [
      "an aside that is part of the text",
      `<article><p>${long}</p><aside class=note><p>Mind the step.</p></aside></article>`,
      "Mind the step",
    ],
    [
      "questions that are buttons",
      `<main><p>${long}</p><h3><button>Why so?</button></h3><p>Because.</p></main>`,
      "Why so?",
    ],
    [
      "a list of links as the main part",
      `<main><ul>${"<li><a href=/a>A page of the list</a></li>".repeat(9)}</ul></main>`,
      "A page of the list",
    ],
    [
      "a heading called a header",
      `<div><h4><a class=header href=#n>Not in use.</a></h4><p>${long.repeat(2)}</p></div>`,
      "Not in",
    ],
    ["a word called a header", `<div><p><b class=header>reduce</b> ${long}</p><p>${long}</p></div>`, "reduce"],
    ["the head of a card", `<div><div class=card-header>Dimensions</div><p>${long.repeat(2)}</p></div>`, "Dimensions"],
    ["a part on baking", `<div><div class=cookies><p>Butter ${long}</p></div><p>${long.repeat(9)}</p></div>`, "Butter"],
    [
      "comments below an article",
      `<article><p>${long}</p></article><div class=comments><p>I was there too, and it was just as you say it was, on my word and honour.</p></div>`,
      "I was there",
    ],
    [
      "what can be searched for while it is hidden",
      `<main><p>${long}</p><div hidden=until-found>Folded</div></main>`,
      "Folded",
    ],
  ];
  test.each(kept)("keeps %s", (_what, html, piece) => {
    expect(text(html)).toContain(piece);
  });

  const dropped: [what: string, html: string][] = [
    [
      "a banner for consent",
      `<div id=onetrust-banner-sdk><p>Noise ${long}</p></div><main><p>${long.repeat(2)}</p></main>`,
    ],
    [
      "related texts with their beginnings",
      `<main><p>${long.repeat(9)}</p><div class=related-posts><a href=/x>Noise and more noise of it</a><p>${long}</p></div></main>`,
    ],
    [
      "a sidebar of links without a name",
      `<div><div><p>${long.repeat(4)}</p><p>${long}</p></div><div><a href=/1>Noise</a> <a href=/2>More</a></div></div>`,
    ],
    [
      "share buttons",
      `<article><p>${long.repeat(2)}</p><div class="social-share"><a href=/s>Noise</a></div></article>`,
    ],
    ["dialogs that are closed", `<main><p>${long}</p><dialog>Noise</dialog></main>`],
    [
      "what is not displayed",
      `<main><p>${long}</p><p style="color:red; display : none">Noise</p><p aria-hidden=true>Noise</p></main>`,
    ],
    ["the footer", `<main><p>${long}</p></main><footer><p>Noise</p></footer>`],
  ];
  test.each(dropped)("leaves out %s", (_what, html) => {
    expect(text(html)).toContain("This sentence");
    expect(text(html)).not.toContain("Noise");
  });

  test("is not looked for in a page of more than 100,000 elements, which is given whole", () => {
    const html = `<nav><a href=/>Menu</a></nav><main><p>${long}</p>${"<i></i>".repeat(100_000)}<p>End</p></main><footer>Foot</footer>`;
    expect(text(html).replace(/\s+/g, " ")).toBe(`Menu ${long}End Foot`);
  });
});
