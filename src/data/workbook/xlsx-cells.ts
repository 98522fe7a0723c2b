import {
  DuckDBDateValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import { isNested, jsonText } from "../sql/export-values.ts";
import { cellStyles, escapeXml } from "./xlsx-parts.ts";

/** What a cell of a sheet holds. */
export type Cell =
  | { kind: "empty" }
  | { kind: "number"; value: string; style: number }
  | { kind: "boolean"; value: boolean }
  | { kind: "text"; value: string };

/** An expression that gives a column in a form from which `toCell` loses nothing. */
export function sheetValue(column: string, type: DuckDBType): string {
  if (isNested(type)) return jsonText(column, type);
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.DATE:
    case DuckDBTypeId.TIME:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_NS:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return column;
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return `CAST(${column} AS TIMESTAMP)`;
    default:
      return `CAST(${column} AS VARCHAR)`;
  }
}

/** Numbers that come as text, because they may have more digits than a cell shows. */
export function isLongNumber({ typeId }: DuckDBType): boolean {
  return longNumbers.has(typeId);
}

const longNumbers = new Set<DuckDBTypeId>([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.DECIMAL,
  DuckDBTypeId.FLOAT,
]);

/**
 * The cell of a value that `sheetValue` gave. A number of more digits than spreadsheets show, a date that they do not
 * know and a time of more than their precision are text: what a cell shows is what the value is.
 */
export function toCell(value: DuckDBValue, isNumber: boolean): Cell {
  if (value === null) return { kind: "empty" };
  if (typeof value === "string") return isNumber && fits(value) ? number(value) : { kind: "text", value };
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (typeof value === "number") {
    return Number.isFinite(value) ? number(String(value)) : { kind: "text", value: String(value) };
  }
  return temporal(value) ?? { kind: "text", value: isoText(value) };
}

const maxDigits = 15;

function fits(text: string): boolean {
  if (text.length <= maxDigits && /^-?\d+$/.test(text)) return true;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) return false;
  return text.replace(/^-?0*\.?0*|e.*$/g, "").replace(".", "").length <= maxDigits;
}

function number(value: string, style = 0): Cell {
  return { kind: "number", value, style };
}

const dayMicros = 86_400_000_000;
/** Days from 30 December 1899, where spreadsheets begin to count, to 1 January 1970. */
const epochDays = 25_569;
const epochMicros = BigInt(epochDays * dayMicros);
/** 1 March 1900: spreadsheets take the year for a leap year, and disagree on the days before. */
const firstDay = 61;
/** 1 January 10000 */
const endDay = 2_958_466;

function temporal(value: DuckDBValue): Cell | undefined {
  const { date, timestamp, timestampMs, utcTimestamp, utcTimestampMs, time, timeMs } = cellStyles;
  if (value instanceof DuckDBDateValue) return dayCell(value.days + epochDays, date);
  if (value instanceof DuckDBTimestampValue) return pointCell(value.micros, timestamp, timestampMs);
  if (value instanceof DuckDBTimestampTZValue) {
    return pointCell(value.micros, utcTimestamp, utcTimestampMs) ?? zoned(value);
  }
  if (value instanceof DuckDBTimestampNanosecondsValue) {
    return value.nanos % 1_000n === 0n ? pointCell(value.nanos / 1_000n, timestamp, timestampMs) : undefined;
  }
  if (!(value instanceof DuckDBTimeValue)) return undefined;
  const micros = Number(value.micros);
  return micros < dayMicros ? number(String(micros / dayMicros), micros % 1_000_000 === 0 ? time : timeMs) : undefined;
}

function isoText(value: DuckDBValue): string {
  return String(value).replace(/ (?=\d)/, "T");
}

function zoned(value: DuckDBTimestampTZValue): Cell {
  return { kind: "text", value: isoText(value).replace(/\+00$/, "Z") };
}

function dayCell(days: number, style: number): Cell | undefined {
  return days >= firstDay && days < endDay ? number(String(days), style) : undefined;
}

function pointCell(micros: bigint, whole: number, withMs: number): Cell | undefined {
  // Exact up to the year 2255, and for whole seconds beyond.
  const counted = micros + epochMicros;
  if (BigInt(Number(counted)) !== counted) return undefined;
  return dayCell(Number(counted) / dayMicros, micros % 1_000_000n === 0n ? whole : withMs);
}

const formulaStart = /^[=+\-@]/;
const isFragile = /^\s|\s$|[\n\t]| {2}/;

/** @param place such as `A1` */
export function cellXml(cell: Cell, place: string): string {
  switch (cell.kind) {
    case "empty":
      return "";
    case "number":
      return cell.style === 0
        ? `<c r="${place}"><v>${cell.value}</v></c>`
        : `<c r="${place}" s="${cell.style}"><v>${cell.value}</v></c>`;
    case "boolean":
      return `<c r="${place}" t="b"><v>${cell.value ? 1 : 0}</v></c>`;
    case "text":
      return textXml(cell.value, place, formulaStart.test(cell.value) ? cellStyles.quoted : 0);
  }
}

export function textXml(text: string, place: string, style: number): string {
  const styled = style === 0 ? "" : ` s="${style}"`;
  const space = isFragile.test(text) ? ' xml:space="preserve"' : "";
  return `<c r="${place}"${styled} t="inlineStr"><is><t${space}>${escapeXml(text)}</t></is></c>`;
}
