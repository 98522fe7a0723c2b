import { errorMessage } from "../../errors.ts";
import { copyTo } from "./copy-to.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { hugeStored, storable, type ResultColumn } from "./storage.ts";

export interface ParquetTarget {
  path: string;
  /** Default DuckDB's. */
  rowGroupSize?: number;
}

/** Rows that were written, and how their columns are stored. */
export interface Written {
  rowCount: number;
  columns: ResultColumn[];
}

/**
 * Write the rows of a statement as Parquet. Integers that no decimal of Parquet holds make their columns text: the one
 * that is known, then all that may hold some, since each attempt runs the statement again.
 */
export async function writeParquet(
  session: DuckDbSession,
  { sql, columns }: { sql: string; columns: readonly ResultColumn[] },
  { path, rowGroupSize }: ParquetTarget,
): Promise<Written> {
  const format = `FORMAT parquet${rowGroupSize === undefined ? "" : `, ROW_GROUP_SIZE ${rowGroupSize}`}`;
  const write = async (stored: readonly ResultColumn[]) => {
    return { rowCount: await copyTo(session, storable(sql, stored), { path, format }), columns: [...stored] };
  };
  try {
    return await write(columns);
  } catch (thrown) {
    const found = tooHuge.exec(errorMessage(thrown));
    const huge = columns.filter(({ stored }) => stored === hugeStored).map(({ name }) => name);
    if (found === null || huge.length === 0) throw thrown;
    const known = found[1] ?? "";
    const all = columns.map((column) => inText(column));
    // nothing in between: it would be the same as before, or as the last
    if (!huge.includes(known) || huge.length === 1) return await write(all);
    const one = columns.map((column) => (column.name === known ? inText(column) : column));
    return await write(one).catch((again: unknown) => {
      if (!tooHuge.test(errorMessage(again))) throw again;
      return write(all);
    });
  }
}

const tooHuge = /Could not cast value \S+ to DECIMAL\(38,0\)(?: when casting from source column ([^\n]+))?/;

function inText(column: ResultColumn): ResultColumn {
  return column.stored === hugeStored ? { ...column, stored: "VARCHAR" } : column;
}

/** What a dataset does not keep as the type it is told to have. */
export function textProblems(columns: readonly ResultColumn[]): SourceProblem[] {
  return columns
    .filter(({ type, stored }) => type === "HUGEINT" && stored === "VARCHAR")
    .map(({ name }) => ({
      line: 0,
      code: "kept_as_text",
      message: `the dataset keeps "${name}" as text, for some of its integers have more than 38 digits; cast(… as hugeint) makes numbers of them`,
    }));
}
