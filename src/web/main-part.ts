import { headings, isInFrame, markChrome } from "./chrome.ts";
import { type Part, type Weights, sentence } from "./page-part.ts";

/** Less than this is no main part, but a page of labels. */
const leastText = 140;

/** Mark all parts of a page that are not of its main text, given in the order in which they open. */
export function dropAllButMain(parts: readonly Part[]): void {
  const whole = addUp(parts);
  markChrome(parts, whole);
  const left = addUp(parts);
  const main = findMain(parts, left);
  if (main !== undefined) dropBeside(parts, main);
  else if (left.long >= leastText) dropBesidePath(parts, left);
  else if (left.text < leastText || scoreOf(left) < 0.3 * scoreOf(whole))
    for (const part of parts) part.dropped = false;
}

export function empty(): Weights {
  return { text: 0, link: 0, long: 0, h1: 0, controls: 0, mains: 0 };
}

/** Add up what is in each part and not dropped, and in the page. */
function addUp(parts: readonly Part[]): Weights {
  const page = empty();
  for (const { all, own } of parts) {
    all.text = own.text;
    all.link = own.link;
    all.long = own.long;
    all.h1 = own.h1;
    all.controls = own.controls;
    all.mains = own.mains;
  }
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const part = parts[at];
    if (part === undefined || part.dropped) continue;
    const { all, parent } = part;
    const into = parent?.all ?? page;
    into.text += all.text;
    into.link += all.link;
    into.long += all.long;
    into.h1 += all.h1;
    into.controls += all.controls;
    into.mains += all.mains;
  }
  return page;
}

function scoreOf({ text, long }: Weights): number {
  return long + (text - long) / 4;
}

/** The element that is said to be the main part, if that is where the text is. */
function findMain(parts: readonly Part[], page: Weights): Part | undefined {
  const named = parts.filter(({ element, dropped }) => {
    return !dropped && (element.name === "main" || element.attributes.get("role") === "main");
  });
  const [main] = named.toSorted((a, b) => scoreOf(b.all) - scoreOf(a.all));
  return main !== undefined && isEnough(main, page) ? main : undefined;
}

/** An element may be called so and be empty until scripts fill it, or hold one part of several. */
function isEnough({ all }: Part, page: Weights): boolean {
  return all.text + all.link >= leastText / 2 && scoreOf(all) >= 0.4 * scoreOf(page);
}

/** A page has one, or a few. */
const maxTitles = 8;

/** Beside the main part only the heading of the page stays, if it lacks one, with what is around it. */
function dropBeside(parts: readonly Part[], main: Part): void {
  const path = new Set(pathTo(main));
  const whole = new Set([main]);
  const titles = parts.filter(({ element, dropped }) => element.name === "h1" && !dropped).slice(0, maxTitles);
  const lost = main.all.h1 > 0 ? [] : titles;
  for (const heading of lost) {
    // The name of the site is often a heading too, but its menus are not.
    const branch = pathTo(heading);
    const around = branch.find(({ parent }) => parent === undefined || path.has(parent));
    const kept = around === undefined || isInFrame(heading) ? heading : around;
    whole.add(kept);
    for (const part of pathTo(kept)) path.add(part);
  }
  for (const part of parts) {
    const { parent } = part;
    if (path.has(part) || (parent !== undefined && (!path.has(parent) || whole.has(parent)))) continue;
    part.dropped = true;
  }
}

/** A part and all that it is in. */
function pathTo(part: Part): Part[] {
  const path: Part[] = [];
  for (let at: Part | undefined = part; at !== undefined; at = at.parent) path.push(at);
  return path;
}

/** Where no element is said to be the main part, follow the text inwards; what is mostly links beside it goes. */
function dropBesidePath(parts: readonly Part[], page: Weights): void {
  let inside: Part | undefined;
  let weights = page;
  for (const part of parts) {
    if (part.dropped || part.parent !== inside || scoreOf(part.all) < 0.7 * scoreOf(weights)) continue;
    inside = part;
    weights = part.all;
    if (part.element.name === "article") break;
  }
  if (inside === undefined) return;
  const path = new Set(pathTo(inside));
  for (const part of parts) {
    if (path.has(part) || part.parent === inside || (part.parent !== undefined && !path.has(part.parent))) continue;
    const { text, link, long, h1 } = part.all;
    part.dropped ||= h1 === 0 && long < sentence && link > text && !headings.test(part.element.name);
  }
}
