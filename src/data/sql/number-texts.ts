import { quoteText } from "../sql-text.ts";

/** How numbers are written in a text that SQL does not take for one. */
export interface NumberNotation {
  /** What begins the decimals. What groups the thousands is the other one, a blank or an apostrophe. */
  decimal: "." | ",";
  /** There is nothing but digits, signs, points and commas. */
  isBare: boolean;
  /** Each is followed by a percent sign. */
  isPercent: boolean;
  /** Negative numbers may be in parentheses. */
  hasParentheses: boolean;
}

/** The notations that all of some texts have: two where a comma or point may group the thousands or begin the decimals. */
export function numberNotations(texts: readonly string[]): NumberNotation[] {
  const shared = {
    isBare: texts.every((text) => /^[\d.,+-]*$/.test(text.trim())),
    isPercent: texts.some((text) => text.includes("%")),
    hasParentheses: texts.some((text) => text.includes("(")),
  };
  return ([".", ","] as const)
    .map((decimal) => ({ decimal, ...shared }))
    .filter((notation) => {
      if (texts.some((text) => text.length > maxNumberChars)) return false;
      const pattern = new RegExp(`^${patternOf(notation)}$`);
      return texts.every((text) => pattern.test(text));
    });
}

/** How SQL reads a column of numbers in a notation: as null where a text is none. */
export function readNumber(column: string, { decimal, isBare, isPercent, hasParentheses }: NumberNotation): string {
  const text = isBare ? column : `regexp_replace(${column}, '[^0-9.,+-]', '', 'g')`;
  const plain = decimal === "." ? `replace(${text}, ',', '')` : `replace(replace(${text}, '.', ''), ',', '.')`;
  const sign = hasParentheses ? `if(${column} like '%(%', -1, 1) * ` : "";
  return `${sign}try_cast(${plain} as double)${isPercent ? " / 100" : ""}`;
}

/** As `readNumber`, but null too for texts that are written otherwise, whatever number might be seen in them. */
export function readNumberStrictly(column: string, notation: NumberNotation): string {
  return `CASE WHEN regexp_full_match(${column}, ${quoteText(patternOf(notation))}) THEN ${readNumber(column, notation)} END`;
}

/** How to read texts as numbers that are written as a value is: in two ways where it may mean two numbers, in none where it is no number. */
export function numberReadings(column: string, value: string): string[] {
  if (/^\s*[+-]?\d+\s*$/.test(value)) return [];
  const notations = numberNotations([value]);
  return (/[.,]/.test(value) ? notations : notations.slice(0, 1)).map((notation) => readNumber(column, notation));
}

/** Longer texts are no numbers that somebody wrote. */
const maxNumberChars = 64;

const blanks = "[ \\t\u00a0\u202f]*";
const sign = "[+-]?";
const currency = `(?:[$€£¥]${blanks})?`;

/**
 * For JavaScript and for DuckDB. Numbers do not begin with zeros: what does is a code. In parentheses they have no sign,
 * which would be the second one. No two runs of blanks may follow each other: JavaScript would try all ways to share
 * them out.
 */
function patternOf({ decimal, isBare, isPercent, hasParentheses }: NumberNotation): string {
  const [point, other] = decimal === "." ? ["[.]", ","] : [",", "."];
  const group = isBare ? `[${other}]` : `[${other}'’ \u00a0\u202f]`;
  const number = `(?:0|[1-9]\\d{0,2}(?:${group}\\d{3})+|[1-9]\\d*)(?:${point}\\d+)?`;
  if (isBare) return `${blanks}${sign}${number}${blanks}`;
  const unit = isPercent ? `%${blanks}` : currency;
  const signed = `${blanks}(?:[+-]${blanks})?${currency}${sign}${number}${blanks}${unit}`;
  const negative = `${blanks}[(]${blanks}${currency}${number}${blanks}${unit}[)]${blanks}`;
  return hasParentheses ? `(?:${signed}|${negative})` : signed;
}
