/** The types of columns of delimited text. Each keeps everything that its cells say; `exact-columns.ts` sees to it. */
export type TextColumnType =
  | "BIGINT"
  | "HUGEINT"
  | "DOUBLE"
  | "BOOLEAN"
  | "DATE"
  | "TIMESTAMP"
  | "TIMESTAMP WITH TIME ZONE"
  | "TIME"
  | "VARCHAR";

const integer = /^(-?[1-9]\d*|-?0)$/;
/** Without a point or a sign, `12E5` is a code. */
const number = /^-?(0|[1-9]\d*)?(\.\d*)?(e[+-]\d+)?$|^-?(0|[1-9]\d*)?\.\d*e\d+$|^-?(nan|inf|infinity)$/i;

/** Types that a pattern tells. Dates are those of ISO 8601 alone: what 03/04 means, a column does not say. */
const patterns: readonly { type: TextColumnType; pattern: RegExp }[] = [
  { type: "BOOLEAN", pattern: /^(true|false)$/i },
  { type: "DATE", pattern: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/ },
  { type: "TIMESTAMP", pattern: /^\d{4}-\d{2}-\d{2}[ T]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,6})?)?$/ },
  {
    type: "TIMESTAMP WITH TIME ZONE",
    pattern: /^\d{4}-\d{2}-\d{2}[ T]([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)$/,
  },
  { type: "TIME", pattern: /^([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,6})?$/ },
];

/**
 * The type of a column by a sample of its cells. Numbers with leading zeros or a plus sign, and those with more digits
 * than a number holds, stay text.
 */
export function inferType(cells: readonly string[]): TextColumnType {
  const filled: string[] = [];
  for (const cell of cells) {
    const text = cell.trim();
    // sorted columns and those of few values come down to little
    if (text !== "" && text !== filled.at(-1)) filled.push(text);
  }
  if (filled.length === 0) return "VARCHAR";
  if (filled.every((cell) => integer.test(cell))) {
    if (filled.every(fitsBigint)) return "BIGINT";
    return filled.every((cell) => cell.length <= maxHugeDigits) ? "HUGEINT" : "VARCHAR";
  }
  if (filled.every(isExactNumber)) return twoSpellings(filled) === undefined ? "DOUBLE" : "VARCHAR";
  return patterns.find(({ pattern }) => filled.every((cell) => pattern.test(cell)))?.type ?? "VARCHAR";
}

/**
 * Two numbers of a column that are the same but for zeros at the end of their decimals: in versions and article numbers
 * `1.1` is not `1.10`. Undefined where there are none, or a cell is no number.
 */
export function twoSpellings(cells: readonly string[]): [string, string] | undefined {
  const spelt = new Map<string, string>();
  for (const cell of cells) {
    const text = cell.trim();
    if (text !== "" && !number.test(text)) return undefined;
    if (!decimal.test(text)) continue;
    const value = text.replace(/0+$/, "");
    const other = spelt.get(value) ?? text;
    if (other !== text) return [other, text];
    spelt.set(value, text);
  }
  return undefined;
}

const decimal = /^-?\d+\.\d+$/;

/**
 * Whether nothing that all these cells say is lost where DuckDB turns them into the type that `inferType` gives them,
 * wherever it turns them into anything. False where that is not sure.
 */
export function isKeptByCast(type: string, cells: readonly string[]): boolean {
  if (type === "DOUBLE") return cells.every((cell) => cell.length <= exactDigits && plainNumber.test(cell));
  // the year 0 is one before Christ
  return type !== "DATE" || cells.every((cell) => !cell.trimStart().startsWith("0000"));
}

const plainNumber = /^(-?\d+(\.\d+)?)?$/;

/** The type that a column has after a cell that its own type does not hold. */
export function widerType(type: string, cell: string): TextColumnType {
  const text = cell.trim();
  if (type === "BIGINT" && integer.test(text) && text.length <= maxHugeDigits) return "HUGEINT";
  return type === "BIGINT" && /^-?(0|[1-9]\d*)\.\d+$/.test(text) && isExactNumber(text) ? "DOUBLE" : "VARCHAR";
}

const maxHugeDigits = 38;
/** A decimal number of so many digits is the only one that its floating-point number stands for. */
const exactDigits = 15;

/** Every integer of so many characters has room in 64 bits. */
const maxSureDigits = 18;

function isExactNumber(cell: string): boolean {
  if (!number.test(cell) || !/[\dni]/i.test(cell)) return false;
  if (cell.length <= exactDigits) return true;
  const value = Number(cell);
  if (Number.isNaN(value)) return true;
  const [mantissa = "", exponent] = cell.toLowerCase().split("e");
  const decimals = mantissa.includes(".") ? mantissa.length - mantissa.indexOf(".") - 1 : 0;
  if (decimals > 100 || Math.abs(value) >= 1e21) return false;
  // a larger one is written with other digits, whether it is meant or not
  if (integer.test(cell)) return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return exponent === undefined
    ? value.toFixed(decimals) === mantissa
    : value.toExponential(decimals).split("e")[0] === mantissa;
}

function fitsBigint(cell: string): boolean {
  if (cell.length <= maxSureDigits) return true;
  if (cell.length > 20) return false;
  const value = BigInt(cell);
  return BigInt.asIntN(64, value) === value;
}
