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

/** Add up what is in each part and not dropped, and in the page. */
function addUp(parts: readonly Part[]): Weights {
  const page: Weights = { text: 0, link: 0, long: 0, h1: 0, controls: 0, mains: 0 };
  for (const part of parts) {
    part.text = part.ownText;
    part.link = part.ownLink;
    part.long = part.ownLong;
    part.h1 = part.name === "h1" ? 1 : 0;
    part.controls = part.isControl ? 1 : 0;
    part.mains = part.isMain ? 1 : 0;
  }
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const part = parts[at];
    if (part === undefined || part.dropped) continue;
    const into = part.parent ?? page;
    into.text += part.text;
    into.link += part.link;
    into.long += part.long;
    into.h1 += part.h1;
    into.controls += part.controls;
    into.mains += part.mains;
  }
  return page;
}

function scoreOf({ text, long }: Weights): number {
  return long + (text - long) / 4;
}

/** The element that is said to be the main part, if that is where the text is. */
function findMain(parts: readonly Part[], page: Weights): Part | undefined {
  const named = parts.filter(({ name, attributes, dropped }) => {
    return !dropped && (name === "main" || attributes.get("role") === "main");
  });
  const [main] = named.toSorted((a, b) => scoreOf(b) - scoreOf(a));
  return main !== undefined && isEnough(main, page) ? main : undefined;
}

/** An element may be called so and be empty until scripts fill it, or hold one part of several. */
function isEnough(part: Part, page: Weights): boolean {
  return part.text + part.link >= leastText / 2 && scoreOf(part) >= 0.4 * scoreOf(page);
}

/** A page has one, or a few. */
const maxTitles = 8;

/** Beside the main part only the heading of the page stays, if it lacks one, with what is around it. */
function dropBeside(parts: readonly Part[], main: Part): void {
  keep(main);
  const titles = parts.filter(({ name, dropped }) => name === "h1" && !dropped).slice(0, maxTitles);
  const lost = main.h1 > 0 ? [] : titles;
  for (const heading of lost) {
    // The name of the site is often a heading too, but its menus are not.
    const branch = pathTo(heading);
    const around = branch.find(({ parent }) => parent === undefined || parent.onPath);
    keep(around === undefined || isInFrame(heading) ? heading : around);
  }
  for (const part of parts) if (isBeside(part)) part.dropped = true;
}

function keep(part: Part): void {
  part.isKept = true;
  for (const around of pathTo(part)) around.onPath = true;
}

/** Whether a part is the outermost of what is in nothing that is kept. */
function isBeside({ onPath, parent }: Part): boolean {
  return !onPath && (parent === undefined || (parent.onPath && !parent.isKept));
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
    if (part.dropped || part.parent !== inside || scoreOf(part) < 0.7 * scoreOf(weights)) continue;
    inside = part;
    weights = part;
    if (part.name === "article") break;
  }
  if (inside === undefined) return;
  keep(inside);
  for (const part of parts) {
    if (!isBeside(part)) continue;
    const { text, link, long, h1 } = part;
    part.dropped ||= h1 === 0 && long < sentence && link > text && !headings.test(part.name);
  }
}
