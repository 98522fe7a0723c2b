import {
  bytesToJson,
  decimalCodec,
  fittedCodec,
  floatCodec,
  integerCodec,
  isDate,
  isDateTime,
  jsonCodec,
  textCodec,
  type ColumnCodec,
} from "./column-codec.ts";
import { depthOf, parseArray, type ArrayText } from "./postgres-array.ts";

/** A column as the server describes it. */
export interface PostgresColumn {
  name: string;
  dataTypeID: number;
  dataTypeModifier: number;
}

/** What becomes of a column's values. Types without a like in DuckDB are text, as the server writes them. */
export function postgresCodec({ dataTypeID, dataTypeModifier }: PostgresColumn): ColumnCodec {
  const element = elementTypes[dataTypeID];
  return element === undefined
    ? scalarCodec(dataTypeID, dataTypeModifier)
    : arrayCodec(scalarCodec(element, dataTypeModifier));
}

/** By the numbers of pg_type, which never change. */
function scalarCodec(type: number, modifier: number): ColumnCodec {
  switch (type) {
    case 16:
      return { encode: (text) => (text === "t" ? "true" : "false"), type: () => "BOOLEAN" };
    case 17:
      return { encode: (text) => bytesToJson(text.slice(2)), type: () => "BLOB" };
    case 20:
      return integerCodec("BIGINT");
    case 21:
      return integerCodec("SMALLINT");
    case 23:
      return integerCodec("INTEGER");
    case 26:
      return integerCodec("UINTEGER");
    case 700:
      return floatCodec("FLOAT");
    case 701:
      return floatCodec("DOUBLE");
    case 1700:
      return decimalCodec(decimalOf(modifier));
    case 1082:
      return fittedCodec("DATE", (text) => (isDate(text) ? text : undefined));
    case 1083:
      return fittedCodec("TIME", (text) => (/^[01]\d|^2[0-3]/.test(text) ? text : undefined));
    case 1114:
      return fittedCodec("TIMESTAMP", (text) => (isDateTime(text) ? text : undefined));
    case 1184:
      return fittedCodec("TIMESTAMP WITH TIME ZONE", toUtc);
    case 2950:
      return fittedCodec("UUID", (text) => text);
    case 114:
    case 3802:
      return jsonCodec();
    default:
      return textCodec();
  }
}

/** The element's type of each type of array. */
const elementTypes: Record<number, number> = {
  1000: 16,
  1001: 17,
  1005: 21,
  1007: 23,
  1016: 20,
  1028: 26,
  1021: 700,
  1022: 701,
  1231: 1700,
  1182: 1082,
  1183: 1083,
  1115: 1114,
  1185: 1184,
  2951: 2950,
  199: 114,
  3807: 3802,
  1009: 25,
  1015: 1043,
  1014: 1042,
  1003: 19,
  1041: 869,
  1187: 1186,
};

/** https://www.postgresql.org/docs/current/datatype-numeric.html: 11 bits of scale, which may be negative, above precision. */
function decimalOf(modifier: number): { precision: number; scale: number } | undefined {
  if (modifier < 4) return undefined;
  const precision = ((modifier - 4) >> 16) & 0xff_ff;
  const scale = (((modifier - 4) & 0x7_ff) ^ 1_024) - 1_024;
  return precision <= 38 && scale >= 0 && scale <= precision ? { precision, scale } : undefined;
}

const zoned = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(\.\d{1,6})?([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?$/;

/** The same moment in UTC: `2024-03-31 02:00:00.5+02` is `2024-03-31T00:00:00.5Z`. */
function toUtc(text: string): string | undefined {
  const [, local, fraction = "", sign, hours, minutes = "0", seconds = "0"] = zoned.exec(text) ?? [];
  if (local === undefined || local.startsWith("0000")) return undefined;
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * (sign === "-" ? -1 : 1);
  if (offset === 0) return `${local.replace(" ", "T")}${fraction}Z`;
  const utc = new Date(Date.parse(`${local.replace(" ", "T")}Z`) - offset * 1_000).toISOString();
  return /^\d{4}-/.test(utc) && !utc.startsWith("0000") ? `${utc.slice(0, 19)}${fraction}Z` : undefined;
}

/** Lists of lists where all arrays are nested alike, else JSON: PostgreSQL fixes no number of dimensions. */
function arrayCodec(element: ColumnCodec): ColumnCodec {
  const depths = new Set<number>();
  const toList = (array: ArrayText): string => {
    const items = array.map((item) =>
      item === null ? "null" : typeof item === "string" ? element.encode(item) : toList(item),
    );
    return `[${items.join()}]`;
  };
  return {
    encode(text) {
      const array = parseArray(text);
      if (array.length > 0) depths.add(depthOf(array));
      return toList(array);
    },
    type() {
      if (depths.size > 1) return "JSON";
      const [depth = 1] = depths;
      return element.type() + "[]".repeat(depth);
    },
  };
}

/** A row as the server sends it, as JSON texts. */
export function encodeRow(codecs: readonly ColumnCodec[], fields: readonly (string | null)[]): string[] {
  return codecs.map((codec, index) => {
    const field = fields[index] ?? null;
    return field === null ? "null" : codec.encode(field);
  });
}
