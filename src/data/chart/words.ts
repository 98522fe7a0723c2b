import { beginning, printable } from "../../text/text.ts";

const acronyms = new Set(
  "api co2 cpu eu eur gbp gdp gpu http id ip jpy kpi ram roi sku sql uk url us usd vat".split(" "),
);

/** A column's name as a title: `order_date` -> `Order date`, `totalUSD` -> `Total USD`. What people wrote as words stays. */
export function humanise(name: string): string {
  if (name.trim() === "") return "(blank)";
  const text = readable(name).trim();
  const title = /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u.test(text) ? wordsOf(text) : text;
  const isCased = title === text && /\p{Lu}/u.test(text);
  return harmless(cutTo(isCased ? text : title.charAt(0).toUpperCase() + title.slice(1), 60));
}

function wordsOf(identifier: string): string {
  const words = identifier
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .split(/[_\s]+/)
    .filter(Boolean);
  return words
    .map((word) => (acronyms.has(word.toLowerCase()) ? word.toUpperCase() : isShouted(word) ? word : lowerFirst(word)))
    .join(" ");
}

function isShouted(word: string): boolean {
  return word === word.toUpperCase() && word.length > 1;
}

/** A title after other words: `Amount` -> `amount`, but `ID` and `Age Group` stay. */
export function withinSentence(title: string): string {
  return /^\p{Lu}[\p{Ll}\s]/u.test(title) && !/\s\p{Lu}\p{Ll}/u.test(title) ? lowerFirst(title) : title;
}

function lowerFirst(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/** A text that a picture can hold: one line, without what XML refuses or what turns the direction of its neighbours. */
export function readable(text: string): string {
  return printable(text.replace(/[\r\n\t\u2028\u2029]+/g, " "))
    .toWellFormed()
    .replace(/[\ufffe\uffff\u200e\u200f\u061c]/g, "");
}

/**
 * Vega keeps texts as keys of plain objects, and fails on the names that those have from the start, such as
 * `constructor`: they get a character that is not seen.
 */
export function harmless(text: string): string {
  return text in {} ? `\u200b${text}` : text;
}

/** At most so many characters, the last of them `…` where something was cut. */
function cutTo(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${beginning(text, maxChars - 1).trimEnd()}…`;
}

/** How wide a text is about, in pixels: enough to choose a layout by. The drawing measures exactly. */
export function roughWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) {
    ems += /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]|\p{Extended_Pictographic}/u.test(
      character,
    )
      ? 1
      : /[iljt.,:;'|! ()[\]fr]/.test(character)
        ? 0.32
        : /[\p{Lu}mw@%]/u.test(character)
          ? 0.71
          : 0.57;
  }
  return ems * fontSize;
}

/** Lines that fit a width, the last one cut where there are too many. */
export function wrap(text: string, fontSize: number, widthPx: number, maxLines: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of readable(text)
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((long) => pieces(long, fontSize, widthPx))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && roughWidth(longer, fontSize) > widthPx) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line !== "") lines.push(line);
  if (lines.length <= maxLines) return lines.map(harmless);
  const last = lines[maxLines - 1] ?? "";
  return [...lines.slice(0, maxLines - 1), `${last.slice(0, Math.max(1, last.length - 1)).trimEnd()}…`];
}

/** A word longer than a line, in parts that are not. */
function pieces(word: string, fontSize: number, widthPx: number): string[] {
  if (roughWidth(word, fontSize) <= widthPx) return [word];
  const size = Math.max(1, Math.floor((word.length * widthPx) / roughWidth(word, fontSize)));
  const parts: string[] = [];
  for (let rest = word; rest !== ""; rest = rest.slice(parts.at(-1)?.length ?? rest.length))
    parts.push(beginning(rest, size));
  return parts;
}

const sequences = [
  [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
  ],
  ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
  ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  ["xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"],
  ["very low", "low", "medium", "high", "very high", "critical"],
];

const naturally = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;

/**
 * An order that lies in the names themselves: months, weekdays, sizes, or names that all begin with a number, such as
 * `18-24`, `Q1`, `2024-03`. Undefined where there is none.
 */
export function naturalOrder(labels: readonly string[]): ((a: string, b: string) => number) | undefined {
  const lower = labels.map((label) => label.toLowerCase());
  const sequence = sequences.find((names) => lower.every((label) => names.includes(label)));
  if (sequence !== undefined && labels.length > 1) {
    return (a, b) => sequence.indexOf(a.toLowerCase()) - sequence.indexOf(b.toLowerCase());
  }
  // digits alone are codes: numbers of a column of numbers are no labels
  const isCodes = labels.every((label) => /^\d+$/.test(label));
  const numbered =
    !isCodes &&
    labels.every((label) =>
      /^[<>≤≥~]?\s*[$€£]?[-+]?\d|^(q|h|w|year|quarter|month|week|day|hour|level|grade|step|phase|stage|round)\s?\d/i.test(
        label,
      ),
    );
  return numbered ? (a, b) => (a.startsWith("<") ? -1 : b.startsWith("<") ? 1 : naturally(a, b)) : undefined;
}
