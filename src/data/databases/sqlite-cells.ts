import type { SQLOutputValue } from "node:sqlite";
import { ToolError } from "../../errors.ts";
import { toJson } from "../../text/text.ts";
import { bytesToJson, isDate, isDateTime } from "./column-codec.ts";

/** Writes the values of one column as JSON. A column of SQLite may hold anything: its type is that of what it held. */
export interface SqliteCodec {
  encode(value: SQLOutputValue): string;
  /** DuckDB's name of the type. */
  type(): string;
}

/** @param declared the type the column was declared with; null for an expression */
export function sqliteCodec(declared: string | null): SqliteCodec {
  const kind = declared?.toUpperCase() ?? "";
  const held = new Set<"integer" | "long" | "real" | "text" | "blob">();
  let isDay = /DATE/.test(kind);
  let isTime = /DATETIME|TIMESTAMP/.test(kind);

  return {
    encode(value) {
      if (value === null) return "null";
      switch (typeof value) {
        case "bigint": {
          const isLong = !Number.isSafeInteger(Number(value));
          held.add(isLong ? "long" : "integer");
          return isLong ? `"${value}"` : String(value);
        }
        case "number":
          held.add("real");
          return realToJson(value);
        case "string": {
          held.add("text");
          isDay &&= isDate(value);
          isTime &&= isDateTime(value);
          if (value.length > maxTextChars) throw tooLong();
          return toJson(value);
        }
        default:
          held.add("blob");
          if (value.length > maxTextChars) throw tooLong();
          return bytesToJson(Buffer.from(value).toString("hex"));
      }
    },
    type() {
      if (held.size === 0) return affinityType(kind);
      const only = (...kinds: ("integer" | "long" | "real" | "text" | "blob")[]) =>
        [...held].every((one) => kinds.includes(one));
      if (only("integer", "long")) return "BIGINT";
      if (only("integer", "real")) return "DOUBLE";
      if (only("blob")) return "BLOB";
      if (only("text") && isTime) return "TIMESTAMP";
      return only("text") && isDay ? "DATE" : "VARCHAR";
    },
  };
}

/** A row travels whole. */
const maxTextChars = 64 * 1024 ** 2;

function tooLong(): ToolError {
  return new ToolError("too_large", "a value of the result is longer than 64 MB; select less of it, e.g. with substr");
}

/** With a point or an exponent, so that a real number can be told from an integer. */
function realToJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
function affinityType(declared: string): string {
  if (declared.includes("INT")) return "BIGINT";
  if (/CHAR|CLOB|TEXT/.test(declared)) return "VARCHAR";
  if (declared.includes("BLOB")) return "BLOB";
  if (/REAL|FLOA|DOUB|NUMERIC|DECIMAL/.test(declared)) return "DOUBLE";
  if (/DATETIME|TIMESTAMP/.test(declared)) return "TIMESTAMP";
  return declared.includes("DATE") ? "DATE" : "VARCHAR";
}
