import type { JsonValue } from "../message.ts";
import { cutCell } from "./cut-cell.ts";
import type { Column } from "./dataset.ts";
import { dateFormatsOf } from "./date-formats.ts";
import { notationsOf, numberColumnOf, numberMeasures } from "./number-columns.ts";
import type { NumberNotation } from "./sql/number-texts.ts";
import { quoteName, quoteText } from "./sql-text.ts";

/** What one pass over a table tells of a column. Absent: it has no meaning for the type, or was not asked for. */
export interface ColumnProfile {
  name: string;
  type: string;
  nulls: number;
  /** Approximate. */
  distinct: number;
  min: JsonValue;
  max: JsonValue;
  mean?: number;
  std?: number;
  /** Approximate, in the order of `quantileShares`. */
  quantiles?: number[];
  /** Approximate: the most frequent values, the most frequent first. */
  top?: string[];
  /** Least, greatest and mean number of characters. */
  lengths?: number[];
  likely_key?: boolean;
  /** `a or b` where every date of the column can be read by both. */
  date_format?: string;
  /** How the numbers of a text column are written. */
  number_format?: string;
}

/** A column, and what a sample of it lets expect. */
export interface Expected {
  column: Column;
  /** The formats that the dates of a text column may have; the measures tell which of them all have. */
  dateFormats: string[];
  /** The notations that the numbers of a text column seem to have; likewise. */
  notations: NumberNotation[];
  /** Values come more than once, so that it is worth its time to look for the frequent ones. */
  repeats: boolean;
  /** A number near which the numbers may lie: sums of their distances from it lose no digits. */
  origin: number;
}

/** Fewer rows than this say nothing about how often values come. */
const tellingRows = 50;

/** What the first cells of a column let expect of the others. */
export function expectOf(column: Column, sample: readonly JsonValue[]): Expected {
  const isFraction = /^(FLOAT|DOUBLE)$/.test(column.type);
  const isMixed =
    sample.length < tellingRows || new Set(sample.map((cell) => JSON.stringify(cell))).size < sample.length;
  return {
    column,
    dateFormats: column.type === "VARCHAR" ? dateFormatsOf(sample) : [],
    notations: column.type === "VARCHAR" ? notationsOf(sample) : [],
    repeats: isMixed && !isFraction,
    origin: isNumeric(column.type) ? originOf(sample) : 0,
  };
}

/** Sums of smaller numbers are exact enough. */
const leastOrigin = 1e6;

function originOf(sample: readonly JsonValue[]): number {
  const first = Number(sample.find((cell) => cell !== null) ?? 0);
  return Number.isFinite(first) && Math.abs(first) >= leastOrigin ? first : 0;
}

export const quantileShares = [0.05, 0.25, 0.5, 0.75, 0.95];

const topCount = 5;
/** Those of which the most frequent are taken: the estimates of fewer are poor. */
const topCandidates = 20;
const maxTopChars = 60;
/** Of the least and the greatest value of a column. */
const maxBoundChars = 200;

/** What is asked of all columns of a table. */
export interface Asked {
  /** The table has so many columns that only the basic measures are wanted. */
  isWide: boolean;
  /** A condition for the rows of a sample that quantiles and frequent values are taken from; undefined: from all. */
  picked: string | undefined;
}

/** What is asked of a column, in this order. */
const measures = [
  "nulls",
  "distinct",
  "min",
  "max",
  "mean",
  "std",
  "quantiles",
  "top",
  "lengths",
  "dates",
  "numbers",
  "longest",
  "filled",
] as const;
type Measure = (typeof measures)[number];

export const measuresPerColumn = measures.length;

/**
 * What to ask of a column, as expressions of one aggregate query. A column whose type does not hold all the way is read
 * again as text while the query stays as it is, so no expression may depend on the type.
 */
export function measuresOf(
  { column: { name, type }, dateFormats, notations, repeats, origin }: Expected,
  { isWide, picked }: Asked,
): string[] {
  const column = quoteName(name);
  const number = `try_cast(${column} AS DOUBLE)`;
  const distance = origin === 0 ? number : `(${number} - CAST(${origin} AS DOUBLE))`;
  // only fractions can be infinite, and text that a column of fractions may turn out to be
  const finite = /^(FLOAT|DOUBLE)$/.test(type) ? `isfinite(${number})` : undefined;
  const text = `CAST(${column} AS VARCHAR)`;
  const [isNumber, isText] = [isNumeric(type), type === "VARCHAR"];
  const whenWanted = (condition: boolean, expression: string) => (condition ? expression : "NULL");
  const top = `approx_top_k(${where([picked], `left(${text}, ${maxTopChars + 1})`)}, ${topCandidates})[:${topCount}]`;
  const quantiles = `approx_quantile(${where([picked, finite], number)}, [${quantileShares.join()}])`;
  const [numbers, longest] = numberMeasures(text, notations);
  const expressions: Record<Measure, string> = {
    nulls: `count(*) - count(${column})`,
    distinct: `least(approx_count_distinct(${column}), count(${column}))`,
    min: whenWanted(isComparable(type), `min(${column})`),
    max: whenWanted(isComparable(type), `max(${column})`),
    mean: whenWanted(isNumber, origin === 0 ? `avg(${number})` : `${origin} + avg(${distance})`),
    std: whenWanted(isNumber, `stddev_samp(${where([finite], distance)})`),
    quantiles: whenWanted(isNumber && !isWide, quantiles),
    top: whenWanted(repeats && !isWide, top),
    lengths: whenWanted(isText && !isWide, `[min(length(${text})), max(length(${text})), avg(length(${text}))]`),
    dates: `[${dateFormats.map((format) => `count(try_strptime(${text}, ${quoteText(format)}))`).join()}]`,
    numbers,
    longest,
    filled: `count(${column})`,
  };
  return measures.map((measure) => expressions[measure]);
}

/** An expression on the rows alone that fulfil conditions: a filter would have it computed for all. */
function where(conditions: readonly (string | undefined)[], expression: string): string {
  const stated = conditions.filter((condition) => condition !== undefined);
  return stated.length === 0 ? expression : `CASE WHEN ${stated.join(" AND ")} THEN ${expression} END`;
}

/** The answers to the measures of a column, in their order, and the types of these. */
export interface Answers {
  values: readonly JsonValue[];
  types: readonly string[];
}

/** A column by the answers to its measures, and what is to be said of it in words. */
export function profileOf(
  { column: { name, type }, dateFormats, notations }: Expected,
  { values, types }: Answers,
): { column: ColumnProfile; note: string | undefined } {
  const answer = (measure: Measure) => values[measures.indexOf(measure)] ?? null;
  const [mean, std, quantiles, top] = [answer("mean"), answer("std"), answer("quantiles"), answer("top")];
  const [lengths, dates] = [answer("lengths"), answer("dates")];
  const [nulls, distinct, filled] = [Number(answer("nulls")), Number(answer("distinct")), Number(answer("filled"))];
  const numbers = numberColumnOf(name, notations, { counts: answer("numbers"), longest: answer("longest"), filled });
  const dateCounts = Array.isArray(dates) ? dates.map(Number) : [];
  const fitting = dateFormats.filter((_, index) => dateCounts[index] === filled && filled !== 0);
  const column: ColumnProfile = {
    name,
    // that of a column which is read as text after all is another than was expected
    type: isNumeric(type) ? (types[measures.indexOf("min")] ?? type) : type,
    nulls,
    distinct,
    min: cutCell(answer("min"), maxBoundChars),
    max: cutCell(answer("max"), maxBoundChars),
    ...(typeof mean === "number" ? { mean } : {}),
    ...(typeof std === "number" ? { std } : {}),
    ...(Array.isArray(quantiles) ? { quantiles: rounded(quantiles.map(Number), answer("min"), answer("max")) } : {}),
    ...(Array.isArray(top) ? { top: top.map((value) => String(cutCell(value, maxTopChars))) } : {}),
    ...(Array.isArray(lengths) && lengths[0] !== null ? { lengths: lengths.map(Number) } : {}),
    ...(isLikelyKey(distinct, filled, nulls) ? { likely_key: true } : {}),
    ...(fitting.length > 0 ? { date_format: fitting.join(" or ") } : {}),
    ...(numbers?.number_format === undefined ? {} : { number_format: numbers.number_format }),
  };
  return { column, note: numbers?.note };
}

/** Estimates to a millionth of their range: they are no better than that. */
function rounded(estimates: readonly number[], min: JsonValue, max: JsonValue): number[] {
  const range = Number(max) - Number(min);
  if (!(range > 0) || !Number.isFinite(range)) return [...estimates];
  const decimals = 6 - Math.floor(Math.log10(range));
  return estimates.map((estimate) =>
    decimals >= 0 && decimals <= 100 ? Number(estimate.toFixed(decimals)) : estimate,
  );
}

/** The estimate of distinct values is nearly exact for few of them, and up to a tenth off for millions. */
const exactRows = 1_000;
const fewShare = 0.99;
const manyShare = 0.9;
const leastKeyRows = 2;

function isLikelyKey(distinct: number, filled: number, nulls: number): boolean {
  const share = filled <= exactRows ? fewShare : manyShare;
  return nulls === 0 && filled >= leastKeyRows && distinct >= filled * share;
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

function isComparable(type: string): boolean {
  return isNumeric(type) || /^(VARCHAR|BOOLEAN|UUID|DATE|TIME.*|ENUM.*|INTERVAL)$/.test(type);
}
