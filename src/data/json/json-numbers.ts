import { kinds } from "./json-shape.ts";

const numberPattern = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const infinite = /^-?(nan|inf|infinity)$/i;
const maxHugeDigits = 38;

/** What a number is, by how it is written; 0 for a text that is none. */
export function numberKind(text: string): number {
  const match = numberPattern.exec(text);
  if (match === null) return infinite.test(text) ? kinds.fraction : 0;
  return match[2] === undefined && match[3] === undefined ? integerKind(text) : fractionKind(text);
}

function integerKind(text: string): number {
  const digits = text.startsWith("-") ? text.length - 1 : text.length;
  if (digits > maxHugeDigits) return kinds.giant;
  const value = BigInt(text);
  if (BigInt.asIntN(54, value) === value) return kinds.integer;
  const odd = String(Number(value)) === text ? 0 : kinds.odd;
  return (BigInt.asIntN(64, value) === value ? kinds.long : kinds.huge) | odd;
}

/** A number of so many digits is the only one that its floating-point number stands for. */
const sureDigits = 15;
const maxDigits = 100;

function fractionKind(text: string): number {
  const [mantissa = ""] = text.toLowerCase().split("e");
  const digits = mantissa.replace(/^-/, "").replace(".", "").replace(/^0+/, "");
  const value = Number(text);
  if (digits.replaceAll("0", "") === "") return kinds.fraction;
  if (!Number.isFinite(value) || Math.abs(value) < leastNormal || digits.length > maxDigits) return kinds.inexact;
  if (digits.length <= sureDigits) return kinds.fraction;
  const [told = ""] = Math.abs(value)
    .toExponential(digits.length - 1)
    .split("e");
  return told.replace(".", "") === digits ? kinds.fraction : kinds.inexact;
}

/** Smaller ones have fewer digits. */
const leastNormal = 2.2250738585072014e-308;
