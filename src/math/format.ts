import type { BigNumber, Complex, MathJsInstance, Unit } from "mathjs";
import { ToolError } from "../errors.ts";

/**
 * Decimals are exact and integers keep all their digits up to this many: enough for 2^1024 and 170!, and still quick
 * for roots and angles.
 */
export const exactDigits = 320;
/** Digits shown of what is not an integer: far fewer than are computed, so that rounding does not show. */
const shownDigits = 32;
/** Digits a double has for certain. */
const doubleDigits = 15;
/** Below this power of ten a result is what rounding left of zero, e.g. of `sin(pi)`. */
const zeroExponent = -300;

/**
 * The text of a value: numbers in full where they are exact, strings without quotes, matrices in brackets.
 *
 * @throws ToolError `invalid_input` for infinity and for what is not a number
 */
export function formatValue(math: MathJsInstance, value: unknown): string {
  if (typeof value === "string") return value;
  return formatPart(math, value);
}

function formatPart(math: MathJsInstance, value: unknown): string {
  if (math.isBigNumber(value)) return formatBigNumber(math, value);
  if (math.isNumber(value)) return math.format(finite(value), { precision: doubleDigits });
  if (math.isComplex(value)) return formatComplex(math, value);
  if (math.isUnit(value)) return formatUnit(value);
  if (math.isMatrix(value)) return formatPart(math, value.valueOf());
  if (Array.isArray(value)) return `[${value.map((item) => formatPart(math, item)).join(", ")}]`;
  if (typeof value === "object" && value !== null && math.isObject(value)) {
    const fields = Object.entries(value).filter(([, field]) => typeof field !== "function");
    return `{${fields.map(([name, field]) => `${name}: ${formatPart(math, field)}`).join(", ")}}`;
  }
  // What is left are fractions, booleans, null and ranges.
  return math.format(value);
}

function formatBigNumber(math: MathJsInstance, value: BigNumber): string {
  if (!value.isFinite()) return notFinite(value.isNaN());
  if (value.isZero() || value.e < zeroExponent) return "0";
  // An integer that fills the precision may have been rounded.
  const allDigits = value.isInteger() && value.precision() < exactDigits && value.e < 1_000;
  return allDigits
    ? value.toFixed()
    : math.format(value, { precision: shownDigits, lowerExp: -9, upperExp: shownDigits + 1 });
}

function formatComplex(math: MathJsInstance, value: Complex): string {
  finite(value.re + value.im);
  return math.format(value, doubleDigits - 1);
}

function formatUnit(value: Unit): string {
  return value.format({ precision: shownDigits, lowerExp: -9, upperExp: shownDigits + 1 });
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number(notFinite(Number.isNaN(value)));
}

function notFinite(isNaN: boolean): never {
  const message = isNaN
    ? "the result is not a number; check for 0/0 and Infinity - Infinity"
    : "the result is infinite; check for a division by zero or an overflow";
  throw new ToolError("invalid_input", message);
}
