import type { JsonValue } from "../message.ts";
import { cutCell } from "./cut-cell.ts";
import type { Column } from "./dataset.ts";
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
}

/** A column, and what a sample of it lets expect. */
export interface Expected {
  column: Column;
  /** The formats that the dates of a text column may have; the measures tell which of them all have. */
  dateFormats: string[];
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
const maxTopChars = 60;
/** Of the least and the greatest value of a column. */
const maxBoundChars = 200;

/**
 * What to ask of a column, as expressions of one aggregate query. A column whose type does not hold all the way is read
 * again as text while the query stays as it is, so no expression may depend on the type.
 *
 * @param isWide the table has so many columns that only the basic measures are wanted
 */
export function measuresOf(
  { column: { name, type }, dateFormats, repeats, origin }: Expected,
  isWide: boolean,
): string[] {
  const column = quoteName(name);
  const number = `try_cast(${column} AS DOUBLE)`;
  const distance = origin === 0 ? number : `(${number} - CAST(${origin} AS DOUBLE))`;
  // only fractions can be infinite, and text that a column of fractions may turn out to be
  const finite = /^(FLOAT|DOUBLE)$/.test(type) ? ` FILTER (isfinite(${number}))` : "";
  const text = `CAST(${column} AS VARCHAR)`;
  const [isNumber, isText] = [isNumeric(type), type === "VARCHAR"];
  const whenWanted = (condition: boolean, expression: string) => (condition ? expression : "NULL");
  return [
    `any_value(typeof(${column}))`,
    `count(*) - count(${column})`,
    `least(approx_count_distinct(${column}), count(${column}))`,
    whenWanted(isComparable(type), `min(${column})`),
    whenWanted(isComparable(type), `max(${column})`),
    whenWanted(isNumber, origin === 0 ? `avg(${number})` : `${origin} + avg(${distance})`),
    whenWanted(isNumber, `stddev_samp(${distance})${finite}`),
    whenWanted(isNumber && !isWide, `approx_quantile(${number}, [${quantileShares.join()}])${finite}`),
    whenWanted(repeats && !isWide, `approx_top_k(left(${text}, ${maxTopChars + 1}), ${topCount})`),
    whenWanted(isText && !isWide, `[min(length(${text})), max(length(${text})), avg(length(${text}))]`),
    `[${dateFormats.map((format) => `count(try_strptime(${text}, ${quoteText(format)}))`).join()}]`,
    `count(${column})`,
  ];
}

export const measuresPerColumn = 12;

/** A column by the answers to its measures, in their order. */
export function profileOf(
  { column: { name, type }, dateFormats }: Expected,
  answers: readonly JsonValue[],
): ColumnProfile {
  const [found, nulls, distinct, min = null, max = null, mean, std, quantiles, top, lengths, dates, filled] = answers;
  const counts = Array.isArray(dates) ? dates.map(Number) : [];
  const fitting = dateFormats.filter((_, index) => counts[index] === Number(filled) && filled !== 0);
  return {
    name,
    type: isNumeric(type) && typeof found === "string" ? found : type,
    nulls: Number(nulls),
    distinct: Number(distinct),
    min: cutCell(min, maxBoundChars),
    max: cutCell(max, maxBoundChars),
    ...(typeof mean === "number" ? { mean } : {}),
    ...(typeof std === "number" ? { std } : {}),
    ...(Array.isArray(quantiles) ? { quantiles: quantiles.map(Number) } : {}),
    ...(Array.isArray(top) ? { top: top.map((value) => String(cutCell(value, maxTopChars))) } : {}),
    ...(Array.isArray(lengths) && lengths[0] !== null ? { lengths: lengths.map(Number) } : {}),
    ...(isLikelyKey(Number(distinct), Number(filled), Number(nulls)) ? { likely_key: true } : {}),
    ...(fitting.length > 0 ? { date_format: fitting.join(" or ") } : {}),
  };
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

/** Formats in which people write dates. Days and months of one text may fit two of them. */
const dateFormats: readonly { format: string; pattern: RegExp }[] = [
  { format: "%Y-%m-%d", pattern: /^\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])$/ },
  { format: "%Y%m%d", pattern: /^(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])$/ },
  { format: "%d.%m.%Y", pattern: /^([0-2]?\d|3[01])\.(0?[1-9]|1[0-2])\.\d{4}$/ },
  { format: "%d/%m/%Y", pattern: /^([0-2]?\d|3[01])\/(0?[1-9]|1[0-2])\/\d{4}$/ },
  { format: "%m/%d/%Y", pattern: /^(0?[1-9]|1[0-2])\/([0-2]?\d|3[01])\/\d{4}$/ },
  { format: "%d-%m-%Y", pattern: /^([0-2]?\d|3[01])-(0?[1-9]|1[0-2])-\d{4}$/ },
  { format: "%m-%d-%Y", pattern: /^(0?[1-9]|1[0-2])-([0-2]?\d|3[01])-\d{4}$/ },
  { format: "%Y/%m/%d", pattern: /^\d{4}\/(0?[1-9]|1[0-2])\/([0-2]?\d|3[01])$/ },
  { format: "%d-%b-%Y", pattern: /^\d{1,2}-[A-Z][a-z]{2}-\d{4}$/ },
  { format: "%d %B %Y", pattern: /^\d{1,2} [A-Z][a-z]{2,8} \d{4}$/ },
];

/** The formats that a date may be written in. */
export function likelyDateFormats(text: string): string[] {
  return dateFormats.filter(({ pattern }) => pattern.test(text)).map(({ format }) => format);
}

/** The formats that all the texts of a sample may have as dates. */
function dateFormatsOf(cells: readonly JsonValue[]): string[] {
  const texts = cells.filter((cell) => cell !== null);
  if (texts.length === 0) return [];
  return dateFormats
    .filter(({ pattern }) => texts.every((text) => typeof text === "string" && pattern.test(text)))
    .map(({ format }) => format);
}

function isNumeric(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type);
}

function isComparable(type: string): boolean {
  return isNumeric(type) || /^(VARCHAR|BOOLEAN|UUID|DATE|TIME.*|ENUM.*|INTERVAL)$/.test(type);
}
