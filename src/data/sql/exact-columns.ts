import type { Column } from "../dataset.ts";
import { quoteName, quoteText } from "../sql-text.ts";

/**
 * A table of text read as what its columns are, so that no value can change: DuckDB takes `007`, `1e3`, `1_000` and
 * `1.5` for integers, cuts the digits that a floating-point number does not hold and the time off a date. Here each
 * cell of a column that a statement reads is looked at, most of them at the price of a few comparisons, and one that
 * its type would change ends the statement with an error that `inexactCell` understands.
 *
 * @param reader what gives the columns as text
 * @param source the name that the error tells
 */
export function exactColumns(reader: string, columns: readonly TypedColumn[], source: string): string {
  if (columns.every(({ type }) => type === "VARCHAR")) return reader;
  const inner = columns.map(({ name, type }, index) => {
    const text = `${quoteName(name)} AS x${index}`;
    return type === "VARCHAR" ? text : `${text}, TRY_CAST(${quoteName(name)} AS ${type}) AS v${index}`;
  });
  const outer = columns.map((column, index) => {
    const { name, type } = column;
    const value = type === "VARCHAR" ? `x${index}` : exactValue(column, { index, source });
    return `${value} AS ${quoteName(name)}`;
  });
  return `(SELECT ${outer.join()} FROM (SELECT ${inner.join()} FROM ${reader}))`;
}

export interface TypedColumn extends Column {
  /** All its cells have been seen to be kept where they are of the type at all: no more is looked at. */
  isProven?: boolean;
}

const mark = "inexact cell";
const separator = "\u001f";
/** Of a cell that is told. */
export const maxToldChars = 200;

/** The cell that ended a statement because its column's type would change it, perhaps cut. */
export function inexactCell(message: string): { source: string; column: string; value: string } | undefined {
  const [before, source, column, value] = message.split(separator);
  if (before?.endsWith(mark) !== true || source === undefined || column === undefined) return undefined;
  return { source, column, value: value ?? "" };
}

function exactValue(
  { name, type, isProven = false }: TypedColumn,
  { index, source }: { index: number; source: string },
): string {
  const [x, v] = [`x${index}`, `v${index}`];
  const { isDoubtful, isExact } = checks[type] ?? {
    isDoubtful: () => "false",
    isExact: () => "true",
  };
  const told = [quoteText([mark, source, name, ""].join(separator)), `left(${x}, ${maxToldChars})`];
  const otherwise = `CAST(error(${told.join(" || ")}) AS ${type})`;
  if (isProven) return `CASE WHEN ${v} IS NULL AND ${x} IS NOT NULL THEN ${otherwise} ELSE ${v} END`;
  return (
    `CASE WHEN ${isDoubtful(x, v)} OR (${v} IS NULL AND ${x} IS NOT NULL) ` +
    `THEN CASE WHEN ${v} IS NOT NULL AND (${isExact(x, v)}) THEN ${v} ELSE ${otherwise} END ELSE ${v} END`
  );
}

interface Check {
  /** Cheap, and true for every text that the type would change. */
  isDoubtful: (x: string, v: string) => string;
  /** Whether the value says all that the text does, blanks around it left aside. */
  isExact: (x: string, v: string) => string;
}

/** Patterns cost most of the time that a wide table takes to be bound: what can do without them does. */
function fits(x: string, pattern: string): string {
  return `regexp_full_match(trim(${x}), ${quoteText(pattern)})`;
}

/** Whether the value, written down, is the text; `-0` is a zero. */
function isWrittenAs(x: string, v: string): string {
  return `CAST(${v} AS VARCHAR) = trim(${x}) OR trim(${x}) = '-0'`;
}

const numberPattern = "-?(0|[1-9][0-9]*)?((\\.[0-9]*)?([eE][-+][0-9]+)?|\\.[0-9]*[eE][0-9]+)";
const dayPattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
/** Without the hour 24, which DuckDB makes the next day's 0. */
const timePattern = "([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?";
/** As a list it would become a join, which every row goes through. */
const notNumberPattern = "(?i)-?(nan|inf|infinity)";

/** The least value of an integer of so many characters. */
const leastIntegers = `[${["0", ...Array.from({ length: 18 }, (_, index) => `1${"0".repeat(index + 1)}`)].join()}]`;

const checks: Readonly<Record<string, Check>> = {
  BIGINT: {
    // All that an integer may be written as besides its digits makes the text longer, or is an exponent of 2 or more.
    isDoubtful: (x, v) =>
      `strlen(${x}) > 19 OR ${v} < ${leastIntegers}[strlen(${x})] OR (${x} < '1' AND ${x} <> '0') OR (${v} % 100 = 0 AND contains(lower(${x}), 'e'))`,
    isExact: isWrittenAs,
  },
  HUGEINT: {
    isDoubtful: (x, v) => `CAST(${v} AS VARCHAR) <> ${x}`,
    isExact: isWrittenAs,
  },
  DOUBLE: {
    isDoubtful: (x, v) =>
      `strlen(${x}) > 15 OR ${x} < '0' OR ${x} >= ':' OR (${x} >= '00' AND ${x} < '0:') OR contains(${x}, '_') OR ${v} > 1e300 OR (${v} % 10 = 0 AND contains(lower(${x}), 'e'))`,
    isExact: (x, v) =>
      `${fits(x, notNumberPattern)} OR (${fits(x, numberPattern)} AND isfinite(${v}) AND (${v} <> 0 OR trim(split_part(lower(${x}), 'e', 1), ' -0.') = '') AND (strlen(trim(${x})) <= 15 OR ((abs(${v}) < 9007199254740992 OR contains(${x}, '.')) AND ${printsAs(`trim(${x})`, v)})))`,
  },
  BOOLEAN: {
    isDoubtful: (x) => `(${x} <> 'true' AND ${x} <> 'false')`,
    isExact: (x) => fits(x, "(?i)(true|false)"),
  },
  DATE: {
    isDoubtful: (x, v) => `CAST(${v} AS VARCHAR) <> ${x}`,
    isExact: (x, v) => `CAST(${v} AS VARCHAR) = trim(${x})`,
  },
  TIMESTAMP: {
    isDoubtful: (x) =>
      `${x} LIKE '___________24:%' OR NOT (${x} LIKE '____-__-__ __:__:__' OR ${x} LIKE '____-__-__T__:__:__')`,
    isExact: (x) => fits(x, `${dayPattern}[ T]${timePattern}`),
  },
  "TIMESTAMP WITH TIME ZONE": {
    isDoubtful: () => "true",
    isExact: (x) => fits(x, `${dayPattern}[ T]${timePattern}(Z|[-+][0-9]{2}(:?[0-9]{2})?)`),
  },
  TIME: {
    isDoubtful: (x) => `${x} NOT LIKE '__:__:__'`,
    isExact: (x) => fits(x, timePattern),
  },
};

/** Whether a floating-point number, written with as many decimals as the text has, is the text. */
function printsAs(text: string, v: string): string {
  const mantissa = `split_part(lower(${text}), 'e', 1)`;
  const decimals = `CASE WHEN contains(${mantissa}, '.') THEN strlen(${mantissa}) - strpos(${mantissa}, '.') ELSE 0 END`;
  const printed = (form: string) => `format('{:.' || least(${decimals}, 400) || '${form}}', ${v})`;
  return `CASE WHEN contains(lower(${text}), 'e') THEN split_part(${printed("e")}, 'e', 1) ELSE ${printed("f")} END = ${mantissa}`;
}
