import {
  DuckDBTypeId,
  JsonDuckDBValueConverter,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBValueConverter,
} from "@duckdb/node-api";
import type { JsonValue } from "../message.ts";
import { cutCell, maxCellChars, maxRowsChars } from "./cut-cell.ts";

/**
 * Rows as JSON: integers beyond 2^53 and decimals are text, dates and times ISO 8601, NaN and infinities text,
 * structs objects, lists arrays. Stops before the rows get too long for an answer.
 */
export function toRows(rows: readonly DuckDBValue[][], types: readonly DuckDBType[]): JsonValue[][] {
  const shown: JsonValue[][] = [];
  const maxChars = Math.min(maxCellChars, 100 + Math.floor(maxRowsChars / types.length));
  let chars = 0;
  for (const row of rows) {
    const cells = row.map((value, index) => cutCell(toCell(value, types[index]), maxChars));
    chars += JSON.stringify(cells).length;
    if (chars > maxRowsChars && shown.length > 0) break;
    shown.push(cells);
  }
  return shown;
}

/** DuckDB's name of a type, `JSON` included, which it keeps as an alias of text. */
export function typeName(type: DuckDBType): string {
  return type.alias ?? String(type);
}

function toCell(value: DuckDBValue, type: DuckDBType | undefined): JsonValue {
  return type === undefined ? null : (convert(value, type, convert) ?? null);
}

const convert: DuckDBValueConverter<JsonValue> = (value, type, converter) => {
  if (value === null) return null;
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
      return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case DuckDBTypeId.FLOAT:
      return typeof value === "number" ? shortestFloat(value) : String(value);
    case DuckDBTypeId.DOUBLE:
      return typeof value === "number" && Number.isFinite(value) ? value : String(value);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return String(value).replace(" ", "T");
    case DuckDBTypeId.TIMESTAMP_TZ:
      return String(value).replace(" ", "T").replace(/\+00$/, "Z");
    case DuckDBTypeId.INTERVAL:
      return String(value);
    case DuckDBTypeId.VARCHAR:
      return type.alias === "JSON" ? parsedJson(String(value)) : String(value);
    default:
      return JsonDuckDBValueConverter(value, type, converter);
  }
};

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
