import { toJson } from "../../text/text.ts";

/** Writes the values of one column as JSON, and knows in the end which type holds all of them. */
export interface ColumnCodec {
  /** A value, as the database writes it, as one JSON text without line breaks. */
  encode(text: string): string;
  /** DuckDB's name of the type. */
  type(): string;
}

export function textCodec(type = "VARCHAR"): ColumnCodec {
  return { encode: (text) => toJson(text), type: () => type };
}

/** Integers as numbers, and as text where a JSON reader would lose digits. */
export function integerCodec(type: string): ColumnCodec {
  return {
    encode: (text) => (text.length < 16 || Number.isSafeInteger(Number(text)) ? text : `"${text}"`),
    type: () => type,
  };
}

export function floatCodec(type: string): ColumnCodec {
  return { encode: (text) => (/^-?\d/.test(text) ? text : toJson(text)), type: () => type };
}

const calendarDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTime = /^(\d{4}-\d{2}-\d{2})[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/;

/** Whether a text is a day of the years 1 to 9999, as ISO 8601 writes it. */
export function isDate(text: string): boolean {
  const [, year = "", month = "", day = ""] = calendarDate.exec(text) ?? [];
  if (year === "" || year === "0000") return false;
  const time = Date.UTC(2000 + (Number(year) % 400), Number(month) - 1, Number(day));
  const date = new Date(time);
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

/** Whether a text is a point of time without a zone, its parts divided by a space or the `T` of ISO 8601. */
export function isDateTime(text: string): boolean {
  return isDate(dateTime.exec(text)?.[1] ?? "");
}

/**
 * Values of a type while all of them fit it; a column with one that does not is text, every value as it was.
 *
 * @param convert gives letters, digits and signs that JSON need not escape, or undefined for what is not of the type
 */
export function fittedCodec(type: string, convert: (text: string) => string | undefined): ColumnCodec {
  let fits = true;
  return {
    encode(text) {
      const converted = convert(text);
      fits &&= converted !== undefined;
      return converted === undefined ? toJson(text) : `"${converted}"`;
    },
    type: () => (fits ? type : "VARCHAR"),
  };
}

/** Decimals as text, which keeps every digit; their type is the declared one, or the narrowest that holds them all. */
export function decimalCodec(declared: { precision: number; scale: number } | undefined): ColumnCodec {
  let digits = 1;
  let scale = 0;
  let special = false;
  return {
    encode(text) {
      const [, integer = "", fraction = ""] = /^-?(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
      special ||= integer === "";
      digits = Math.max(digits, integer.length);
      scale = Math.max(scale, fraction.length);
      return `"${text}"`;
    },
    type() {
      if (special) return "VARCHAR";
      if (declared !== undefined) return `DECIMAL(${declared.precision},${declared.scale})`;
      if (digits + scale > 38) return "VARCHAR";
      return `DECIMAL(${digits + scale > 18 ? 38 : 18},${scale})`;
    },
  };
}

/** Digits that numbers of JSON lose in most readers, and escapes that strict ones refuse. */
const fragile = /\d{16}|\\u[dD]/;

/** JSON as it is; a column with a document that would not survive that is text. */
export function jsonCodec(): ColumnCodec {
  let fits = true;
  return {
    encode(text) {
      const isFragile = fragile.test(text) || isDeep(text);
      fits &&= !isFragile;
      return isFragile ? toJson(text) : text.replaceAll(/[\r\n]+/g, " ");
    },
    type: () => (fits ? "JSON" : "VARCHAR"),
  };
}

/** Readers and writers of JSON that call themselves for each level run out of stack. */
const maxDepth = 200;

/** Brackets in texts count too: that costs such a document only its type. */
function isDeep(text: string): boolean {
  if (text.length <= maxDepth) return false;
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === "[" || bracket === "{" ? 1 : -1;
    if (depth > maxDepth) return true;
  }
  return false;
}

/** Bytes as DuckDB writes them: `\xDE\xAD`. */
export function bytesToJson(hex: string): string {
  return `"${hex.toUpperCase().replaceAll(/../g, String.raw`\\x$&`)}"`;
}
