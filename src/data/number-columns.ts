import type { JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";
import { numberNotations, readNumber, readNumberStrictly, type NumberNotation } from "./sql/number-texts.ts";
import { plainName } from "./sql-text.ts";

/** The notations that the numbers of a text column seem to have by a sample; the measures tell whether all do. */
export function notationsOf(cells: readonly JsonValue[]): NumberNotation[] {
  const texts = cells.filter((cell) => typeof cell === "string");
  return texts.length === 0 ? [] : numberNotations(texts);
}

/**
 * What to ask of a column of texts: how many are numbers in each of the notations, how many are other numbers in the one
 * than in the other, how many are none for SQL; and the longest of them.
 */
export function numberMeasures(text: string, notations: readonly NumberNotation[]): [string, string] {
  const [first, second] = notations.map((notation) => readNumberStrictly(text, notation));
  if (first === undefined) return ["NULL", "NULL"];
  const other = second ?? first;
  const differing = `count_if(${first} IS DISTINCT FROM ${other})`;
  const unread = `count_if(try_cast(${text} AS DOUBLE) IS NULL) - count_if(${text} IS NULL)`;
  return [`[count(${first}), count(${other}), ${differing}, ${unread}]`, `arg_max(${text}, strlen(${text}))`];
}

/** How the numbers of a text column are written, and in words how SQL reads them. */
export interface NumberColumn {
  /** Absent where they may mean two numbers each. */
  number_format?: string;
  note: string;
}

/** By the answers to the measures: undefined where not every value is such a number, or SQL takes all for numbers anyhow. */
export function numberColumnOf(
  name: string,
  notations: readonly NumberNotation[],
  { counts, longest, filled }: { counts: JsonValue | undefined; longest: JsonValue | undefined; filled: number },
): NumberColumn | undefined {
  if (!Array.isArray(counts) || typeof longest !== "string") return undefined;
  const [first, second, differing, unread] = counts.map(Number);
  const found = notations.filter((_, index) => filled === [first, second][index]);
  if (unread === 0 || found.length === 0) return undefined;
  const readings = found.map((notation) => readNumber(plainName(name), notation));
  const format = exampleOf(longest);
  const what = `"${name}" holds numbers written like ${format}`;
  if (found.length > 1 && differing !== 0)
    return { note: `${what}: read them by ${readings.join(", or where the comma begins the decimals by ")}` };
  return { number_format: format, note: `${what}: read them by ${readings[0] ?? ""}` };
}

const maxFormatChars = 40;

/** A number as it is written, with digits in their order in place of its own: `-98,7` becomes `-12,3`. */
function exampleOf(text: string): string {
  let digit = 0;
  return cutText(
    text.trim().replaceAll(/\d/g, () => String(++digit % 10)),
    maxFormatChars,
  );
}
