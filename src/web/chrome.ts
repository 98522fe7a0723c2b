import { type Attributes, noAttributes } from "./html-attributes.ts";
import { ownString } from "./html-names.ts";
import { inline, type Part, sentence, type Weights } from "./page-part.ts";

/** Words of classes and ids, so that `sidebar` is not found in `has-sidebars`. */
const words = (list: string) => new RegExp(`(?:^|[\\s_-])(?:${list.trim().split(/\s+/).join("|")})(?=$|[\\s_-])`);

/** Asks for consent, advertises, or lies over the page, by names that mean nothing else. */
const interrupts = words(`
  cookie-?(?:alert|bar|banner|consent|info|law|message|modal|notice|overlay|popup|text) cc-window onetrust didomi usercentrics truste cookiebot
  tarteaucitron gdpr ccpa advert adverts advertisement advertising adslot ad-slot ad-inline ad-unit ad-container
  ad-wrapper ad-label gpt-ad dfp-ad adsbygoogle sponsored modal popup lightbox interstitial mailinglist comment-form
  reply-form login-form`);

/** May do the same, or be what a text is about. */
const mayInterrupt = words("cookies? consent ads newsletter subscribe signup sign-up opt-in respond");

/** Helps to handle the page or the site, in a few words. */
const handles = words(`
  skip-link skip-links skiplink skip-to-content jump-link share sharing sharedaddy share-buttons sharebar
  social socials addtoany addthis edit-?section edit-link edit-this-page post-buttons post-actions comment-actions
  action-bar article-actions article-tools side-tools page-actions page-tools post-menu flat-list vote-buttons
  vote-count back-?to-?top back2top scroll-to-top toolbar print-button copy-button clipboard feedback was-this-helpful
  recipe-jump recipe-print jump-to-recipe print-recipe add-to-cart buy-now product-action product-actions
  noprint printfooter breadcrumbs? crumbs pagination pager paginator paging pagenavi prev-next post-navigation`);

/** Closes the page. */
const closes = words("copyright colophon site-info legal-notice");

/** Leads to other texts, whose beginnings may stand there. */
const offers = words(`
  related relatedposts related-?articles recommend recommended recommendations? recirculation read-next readnext
  more-stories more-from you-may-also-like trending popular most-read suggestions suggested similar upsell
  cross-sell hot-network-questions ranking`);

/** Leads to other pages, or elsewhere on this one. */
const leads = words(`
  nav navbar navbox navigation(?!-not) menu menubar submenu sidebar sidenav side-bar side-column sidecolumn side rail
  aside tagcloud tag-list tags toc tocbox table-of-contents tableofcontents widget widget-area secondary footer masthead topbar catlinks categories languages interlanguage portlet sphinxsidebar
  relbar localtoc bottom-nav promo teaser-list`);

/** What stands above and below all pages of a site; parts of a page have such names only in front of others. */
const frames = /(?:^|\s)(?:(?:site|page|main|global|app|top)-?)?(?:header|footer)(?=$|\s)/;

/** The numbers of lines, which are no part of the code beside them. */
const lineNumbers = words("linenos? lineno linenodiv rouge-gutter gutter blob-num line-number code-line-number");

type Hint =
  | "interrupts"
  | "mayInterrupt"
  | "handles"
  | "closes"
  | "offers"
  | "leads"
  | "frames"
  | "numbers"
  | undefined;

/** The first that fits counts. */
const hints: readonly (readonly [Hint, RegExp])[] = [
  ["interrupts", interrupts],
  ["mayInterrupt", mayInterrupt],
  ["handles", handles],
  ["closes", closes],
  ["offers", offers],
  ["frames", frames],
  ["leads", leads],
  ["numbers", lineNumbers],
];

/** By class and id, what they say; null where that is nothing. The pages of a site have the same few hundred. */
const known = new Map<string, NonNullable<Hint> | null>();
const maxKnown = 2_000;
/** Longer names are looked at each time. */
const maxKnownChars = 100;

/** What the class and the id of an element say. In the main part an id is a name for links to it, and says what a section is about. */
function hintOf({ attributes, isInside }: Part): Hint {
  if (attributes === noAttributes) return undefined;
  const classes = attributes.get("class") ?? "";
  const id = isInside ? "" : (attributes.get("id") ?? "");
  const names = id === "" ? classes : `${classes} ${id}`;
  if (names === "") return undefined;
  const remembered = known.get(names);
  if (remembered !== undefined) return remembered ?? undefined;
  // In small letters, with hyphens between words.
  const plain = (/[a-z][A-Z]/.test(names) ? names.replace(/([a-z])(?=[A-Z])/g, "$1-") : names).toLowerCase();
  const hint = hints.find(([, pattern]) => pattern.test(plain))?.[0];
  if (names.length > maxKnownChars) return hint;
  if (known.size >= maxKnown) known.clear();
  known.set(ownString(names), hint ?? null);
  return hint;
}

export const headings = /^h[1-6]$/;
const menuRoles = new Set(["navigation", "menu", "menubar", "toolbar", "search", "dialog", "alertdialog"]);

/** Mark what is no part of what the page says: its menus, banners and footers, and what helps to handle it. */
export function markChrome(parts: readonly Part[], page: Weights): void {
  for (const part of parts) {
    if (part.parent?.dropped === true) part.dropped = true;
    else {
      const hint = hintOf(part);
      part.dropped = isSmall(part, hint, page) && isChrome(part, hint, page);
    }
  }
}

/** Nothing that holds much of the page's sentences, its only heading or its main part is thrown away for its name. */
function isSmall({ name, mains, h1, long }: Part, hint: Hint, page: Weights): boolean {
  if (mains > 0 || (h1 > 0 && h1 === page.h1)) return false;
  if (long === 0) return true;
  const isExpected = name === "nav" || name === "footer" || hint === "interrupts";
  return long <= page.long * (isExpected ? 0.6 : 0.3);
}

function isChrome(part: Part, hint: Hint, page: Weights): boolean {
  const { name, attributes, isInside, text, link, long } = part;
  const role = attributes === noAttributes ? undefined : attributes.get("role");
  if (role !== undefined && menuRoles.has(role)) return true;
  switch (name) {
    case "nav":
      return true;
    case "button":
      return text + link < 40 && !isIn(part, headings);
    case "header":
    case "footer":
      if (!isInside && !isIn(part, /^(?:blockquote|figure|section|li)$/)) return true;
      break;
    case "aside":
      if (!isInside || isMostlyLinks(part)) return true;
      if (long === 0 && (hint === "leads" || hint === "frames")) return true;
      break;
    case "form":
      if (long === 0 && text + link < 300 && isAsking(attributes)) return true;
      break;
    case "html":
    case "body":
    case "main":
    case "article":
      return false;
  }
  if (role === "banner" || role === "contentinfo") return true;
  if (role === "complementary" && (!isInside || (long === 0 && link * 2 > text))) return true;
  return hint !== undefined && isNamedChrome(part, hint, page);
}

function isAsking(attributes: Attributes): boolean {
  return /search|subscribe|newsletter|login|signin|comment|answer|reply/i.test(
    `${attributes.get("class") ?? ""} ${attributes.get("id") ?? ""} ${attributes.get("action") ?? ""}`,
  );
}

function isNamedChrome(part: Part, hint: NonNullable<Hint>, page: Weights): boolean {
  const { name, isInside, text, link, long, controls } = part;
  // In a line, as in a heading, such names say how it looks.
  if (headings.test(name) || (inline.has(name) && hint !== "handles" && hint !== "numbers")) return false;
  const chars = text + link;
  switch (hint) {
    case "interrupts":
      return !isInside || chars < sentence || (controls > 0 && long <= page.long * 0.2);
    case "mayInterrupt":
      if (isInside) return controls > 0 && long <= page.long * 0.2;
      return chars < 600 && (controls > 0 || link > 0);
    case "handles":
      return long === 0 && chars < 300;
    case "closes":
      return !isInside && chars < 400;
    case "offers":
      return link > 0 && link >= 0.15 * chars;
    case "leads":
      return isMostlyLinks(part) || (!isInside && long < 2 * sentence && chars < 400 && link * 3 >= chars);
    case "frames":
      return !isInside && long < 2 * sentence && (chars < 400 || isMostlyLinks(part));
    case "numbers":
      return name !== "pre" && name !== "code";
  }
}

/** Whether a part stands in what is beside the text on every page of a site. */
export function isInFrame(part: Part): boolean {
  for (let at = part.parent; at !== undefined; at = at.parent) {
    if (at.name === "header" || at.attributes.get("role") === "banner") return true;
    const hint = hintOf(at);
    if (hint === "leads" || hint === "frames") return true;
  }
  return false;
}

function isMostlyLinks({ text, link, long }: Weights): boolean {
  return link > 0 && link >= (text - long) * 0.7 && link >= long;
}

function isIn({ parent }: Part, names: RegExp): boolean {
  for (let at = parent; at !== undefined; at = at.parent) if (names.test(at.name)) return true;
  return false;
}
