import {
  DuckDBTypeId,
  type DuckDBDataChunk,
  JsonDuckDBValueConverter,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
} from "@duckdb/node-api";
import type { JsonValue } from "../../message.ts";
import { cutCell, maxCellChars, maxRowsChars } from "../cut-cell.ts";

export interface CellCollector {
  /** How many rows are wanted yet. */
  readonly wanted: number;
  add(chunk: DuckDBDataChunk): void;
  /** The cells of each column, as many as an answer can hold. */
  finish(): JsonValue[][];
}

/**
 * The first rows of a result as JSON, column by column: integers beyond 2^53 and decimals are text, dates and times
 * ISO 8601, NaN and infinities text, structs objects, lists arrays.
 */
export function collectCells(types: readonly DuckDBType[], maxRows: number): CellCollector {
  const maxChars = Math.min(maxCellChars, 100 + Math.floor(maxRowsChars / types.length));
  const columns: JsonValue[][] = types.map(() => []);
  const count = () => columns[0]?.length ?? 0;
  return {
    get wanted() {
      return maxRows - count();
    },
    add(chunk) {
      const taken = Math.min(chunk.rowCount, maxRows - count());
      for (const [index, type] of types.entries()) {
        const convert = converterOf(type);
        const cells = columns[index] ?? [];
        for (const value of chunk.getColumnValues(index).slice(0, taken))
          cells.push(value === null ? null : cutCell(convert(value), maxChars));
      }
    },
    finish() {
      const fitting = fittingRows(columns);
      return fitting === count() ? columns : columns.map((cells) => cells.slice(0, fitting));
    },
  };
}

/** How many rows are not too long for an answer, the first one in any case. */
function fittingRows(columns: readonly (readonly JsonValue[])[]): number {
  const count = columns[0]?.length ?? 0;
  let chars = 0;
  for (let row = 0; row < count; row++) {
    for (const cells of columns) chars += charsOf(cells[row] ?? null);
    if (chars > maxRowsChars && row > 0) return row;
  }
  return count;
}

/** About what a cell takes in JSON, with what separates it from the next. */
function charsOf(cell: JsonValue): number {
  if (typeof cell === "string") return cell.length + 3;
  return cell !== null && typeof cell === "object" ? JSON.stringify(cell).length + 1 : 8;
}

/** DuckDB's name of a type, `JSON` included, which it keeps as an alias of text. */
export function typeName(type: DuckDBType): string {
  return type.alias ?? String(type);
}

type Converter = (value: DuckDBValue) => JsonValue;

/** Types are objects that a result keeps for each column, and a nested type for its parts. */
const converters = new WeakMap<DuckDBType, Converter>();

function converterOf(type: DuckDBType): Converter {
  const known = converters.get(type);
  if (known !== undefined) return known;
  const converter = newConverter(type);
  converters.set(type, converter);
  return converter;
}

function newConverter(type: DuckDBType): Converter {
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return exactInteger;
    case DuckDBTypeId.FLOAT:
      return (value) => (typeof value === "number" ? shortestFloat(value) : String(value));
    case DuckDBTypeId.DOUBLE:
      return (value) => (typeof value === "number" && Number.isFinite(value) ? value : String(value));
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return (value) => String(value).replace(" ", "T");
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => String(value).replace(" ", "T").replace(/\+00$/, "Z");
    case DuckDBTypeId.INTERVAL:
      return String;
    case DuckDBTypeId.VARCHAR:
      return type.alias === "JSON" ? (value) => parsedJson(String(value)) : String;
    default:
      return (value) => JsonDuckDBValueConverter(value, type, convertPart) ?? null;
  }
}

/** For what lists, structs and maps hold. */
const convertPart: DuckDBValueConverter<JsonValue> = (value, type) =>
  value === null ? null : converterOf(type)(value);

function exactInteger(value: DuckDBValue): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

/** JSON as what it says, unless that would lose digits. */
function parsedJson(text: string): JsonValue {
  if (text.length > maxCellChars || /\d{16}/.test(text)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text;
    throw thrown;
  }
}

/** The shortest decimal that means the same 32-bit number: 0.1, not 0.10000000149011612. */
function shortestFloat(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
