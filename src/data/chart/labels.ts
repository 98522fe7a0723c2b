import type { Layout } from "./layout.ts";
import type { Role } from "./request.ts";
import { harmless, readable, roughWidth } from "./words.ts";

const fontSize = 12;

/**
 * How wide a name may be, in pixels: a tenth less than the axis, legend or heading leaves it, for its width is known
 * about only.
 *
 * @param count names there are along the role
 */
export function roomForNames(role: Role, count: number, { mark, facet }: Pick<Layout, "mark" | "facet">): number {
  if (role === "color") return 170;
  if (role === "facet") return count <= 4 ? 280 : 185;
  if (mark === "arc") return 270;
  const isBelow = role === "x" && (mark === "line" || mark === "area" || mark === "heatmap");
  if (!isBelow) return 207;
  // At a slant, unless few of them share the width of the picture.
  return facet === undefined ? Math.max(126, Math.min(207, 640 / count - 10)) : 126;
}

/**
 * What names the categories on a picture, each at most about so wide. Those that are alike where they would be cut keep
 * what tells them apart: the part after what they share, or their ends.
 */
export function distinctLabels(values: readonly (string | null)[], widthPx: number): string[] {
  const whole = values.map((value) => (value === null ? "(no value)" : readable(value).trim() || "(empty)"));
  const labels = whole.map((text) => cutEnd(text, widthPx));
  for (const places of alike(labels)) {
    const texts = places.map((place) => whole[place] ?? "");
    const better = toldApart(texts, widthPx);
    places.forEach((place, index) => (labels[place] = better[index] ?? ""));
  }
  return numbered(labels, widthPx).map(harmless);
}

/** The places of equal labels, for each that is there more than once. */
function alike(labels: readonly string[]): number[][] {
  const places = Map.groupBy(labels.keys(), (place) => labels[place]);
  return [...places.values()].filter(({ length }) => length > 1);
}

/** The way of cutting that leaves the fewest alike. */
function toldApart(texts: readonly string[], widthPx: number): string[] {
  const ways = [
    texts.map((text) => cutMiddle(text, widthPx)),
    withoutShared(texts, widthPx),
    texts.map((text) => cutEnd(text, widthPx)),
  ];
  const counts = ways.map((labels) => new Set(labels).size);
  return ways[counts.indexOf(Math.max(...counts))] ?? [...texts];
}

/** Where they begin to differ, after a little of what they share. */
function withoutShared(texts: readonly string[], widthPx: number): string[] {
  const characters = texts.map((text) => [...text]);
  const [first = []] = characters;
  const differing = first.findIndex((character, at) => characters.some((other) => other[at] !== character));
  const shared = first.slice(0, differing < 0 ? undefined : differing).join("");
  const from = shared.lastIndexOf(" ") + 1;
  const head = cutEnd(texts[0] ?? "", widthPx * 0.4);
  const room = widthPx - roughWidth(head, fontSize);
  return texts.map((text) => `${head}${cutEnd(text.slice(from), room)}`);
}

function cutMiddle(text: string, widthPx: number): string {
  if (roughWidth(text, fontSize) <= widthPx) return text;
  const head = cutEnd(text, widthPx * 0.5);
  return `${head}${fitting([...text].toReversed(), widthPx - roughWidth(head, fontSize))
    .toReversed()
    .join("")
    .trimStart()}`;
}

function cutEnd(text: string, widthPx: number): string {
  if (roughWidth(text, fontSize) <= widthPx) return text;
  return `${fitting([...text], widthPx - roughWidth("…", fontSize))
    .join("")
    .trimEnd()}…`;
}

/** As many characters from the first on as fit. */
function fitting(characters: readonly string[], widthPx: number): string[] {
  let usedPx = 0;
  let count = 0;
  for (const character of characters) {
    usedPx += roughWidth(character, fontSize);
    if (usedPx > widthPx) break;
    count += 1;
  }
  return characters.slice(0, count);
}

/** Those that are alike all the same get numbers. */
function numbered(labels: readonly string[], widthPx: number): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    let unique = label;
    for (let copy = 2; taken.has(unique); copy++) {
      const suffix = ` (${copy})`;
      unique = `${cutEnd(label, widthPx - roughWidth(suffix, fontSize))}${suffix}`;
    }
    taken.add(unique);
    return unique;
  });
}
