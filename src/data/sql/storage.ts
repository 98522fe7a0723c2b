import { DuckDBTypeId, type DuckDBPreparedStatement, type DuckDBType } from "@duckdb/node-api";
import { typeName } from "./cells.ts";
import { maxCellChars } from "../cut-cell.ts";
import { columnNames } from "../text/header.ts";
import { quoteName } from "../sql-text.ts";

/** A column of a result, and how it is stored in Parquet. */
export interface ResultColumn {
  /** Unique in the result. */
  name: string;
  type: string;
  /** The type of the Parquet column; `type` itself wherever Parquet keeps it exactly. */
  stored: string;
  /** Its values are short whatever they are, so that an answer shows them whole. */
  isBrief: boolean;
}

/** The columns of a statement. Columns of one name are told apart by a number. */
export function resultColumns(statement: DuckDBPreparedStatement): ResultColumn[] {
  const indices = Array.from({ length: statement.columnCount }, (_, index) => index);
  const names = columnNames(
    indices.map((index) => statement.columnName(index)),
    true,
  );
  return indices.map((index) => {
    const type = statement.columnType(index);
    return {
      name: names[index] ?? "",
      type: typeName(type),
      stored: storedType(type),
      isBrief: !long.has(type.typeId),
    };
  });
}

/** A statement around another that gives the same rows, ready for Parquet. */
export function storable(sql: string, columns: readonly ResultColumn[]): string {
  const names = columns.map(({ name }) => quoteName(name));
  const values = columns.map(({ name, type, stored }) =>
    type === stored ? quoteName(name) : `CAST(${quoteName(name)} AS ${stored}) AS ${quoteName(name)}`,
  );
  return `SELECT ${values.join()} FROM (\n${sql}\n) AS result(${names.join()})`;
}

/** What reads stored columns back as they were; of long texts only so much that they can be seen to be cut. */
export function restored(columns: readonly ResultColumn[]): string {
  return columns
    .map(({ name, type, stored }) => {
      const column = quoteName(name);
      if (type === "HUGEINT") return `CAST(${column} AS ${type}) AS ${column}`;
      return stored === "VARCHAR" ? `left(${column}, ${maxCellChars + 1}) AS ${column}` : column;
    })
    .join();
}

/** What integers beyond 64 bits are stored as, unless one of them has more digits than that. */
export const hugeStored = "DECIMAL(38,0)";

/** Types that Parquet turns into something else: sums of integers would become floating point. */
const lossy = new Set<DuckDBTypeId>([
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.INTERVAL,
  DuckDBTypeId.BIT,
  DuckDBTypeId.TIME_TZ,
  DuckDBTypeId.TIME_NS,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.UNION,
  DuckDBTypeId.VARIANT,
  DuckDBTypeId.GEOMETRY,
]);

const long = new Set<DuckDBTypeId>([
  DuckDBTypeId.VARCHAR,
  DuckDBTypeId.BLOB,
  DuckDBTypeId.BIT,
  DuckDBTypeId.BIGNUM,
  DuckDBTypeId.LIST,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.MAP,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.UNION,
  DuckDBTypeId.VARIANT,
  DuckDBTypeId.GEOMETRY,
]);

function storedType(type: DuckDBType): string {
  if (holdsLossy(type)) return type.typeId === DuckDBTypeId.HUGEINT ? hugeStored : "VARCHAR";
  switch (type.typeId) {
    case DuckDBTypeId.SQLNULL:
    case DuckDBTypeId.ENUM:
      return "VARCHAR";
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return "TIMESTAMP";
    default:
      return typeName(type);
  }
}

function holdsLossy(type: DuckDBType): boolean {
  if (lossy.has(type.typeId)) return true;
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return holdsLossy(type.valueType);
    case DuckDBTypeId.MAP:
      return holdsLossy(type.keyType) || holdsLossy(type.valueType);
    case DuckDBTypeId.STRUCT:
      return type.entryTypes.some(holdsLossy);
    default:
      return false;
  }
}
