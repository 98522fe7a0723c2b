import type { JsonValue } from "../../message.ts";
import { isJsonObject } from "../../message.ts";
import type { Field } from "./field.ts";
import { isMonthSql, isTimeSql } from "./text-times.ts";
import { timeUnits, type TimeUnit } from "./time-units.ts";
import { quoteName } from "../sql-text.ts";

/** What has to be known of a field, by its role, before the rows of its chart can be asked for. */
export interface FieldFacts {
  /** Rows with a value that counts. */
  count: number;
  /** Rows with a value that does not: no number, not finite, no date. */
  unusable: number;
  /** About; of what lies along x or y and is a category, nobody asks. */
  distinct: number;
  /** Of numbers and, in epoch milliseconds, of times. */
  min: number;
  max: number;
  isInteger: boolean;
  /** Hundredths 1, 25, 75 and 99, about; of numbers only. */
  quantiles: number[];
  /** The coarsest unit that all times are whole steps of. */
  finest: TimeUnit;
  /** What a text column holds throughout. */
  textForm: "month" | "time" | undefined;
}

export interface Facts<Role extends string> {
  rowCount: number;
  of: Partial<Record<Role, FieldFacts>>;
}

/** One row, one column a field: a struct with what `readFacts` reads. */
export function factsSql(fields: Readonly<Record<string, Field>>, from: string): string {
  const columns = Object.entries(fields).map(([role, field]) => `${factsOf(field, role)} as ${quoteName(role)}`);
  return `select ${["count(*) as row_count", ...columns].join(", ")} from ${from}`;
}

export function readFacts<Role extends string>(
  columns: readonly { name: string }[],
  row: readonly JsonValue[],
): Facts<Role> {
  const of: Record<string, FieldFacts> = {};
  for (const [index, { name }] of columns.entries()) {
    const cell = row[index];
    if (isJsonObject(cell)) of[name] = read(cell);
  }
  return { rowCount: Number(row[0]), of: of as Partial<Record<Role, FieldFacts>> };
}

/** Nothing that its role has no use for: each of these costs about as much as the groups of the chart themselves. */
function factsOf({ encoding, kind, sql }: Field, role: string): string {
  const raw = encoding.column === undefined ? "1" : quoteName(encoding.column.name);
  const count = `'count': count(${sql}), 'present': count(${raw})`;
  if (role === "measure") return `{${count}, 'min': min(${sql}), 'max': max(${sql})}`;
  const isCounted = kind !== "category" || role === "color" || role === "facet";
  const common = isCounted ? `${count}, 'distinct': approx_count_distinct(${sql})` : count;
  if (kind === "number") {
    const quantiles = `approx_quantile(${sql}, [0.01, 0.25, 0.75, 0.99])`;
    return `{${common}, 'min': min(${sql}), 'max': max(${sql}), 'whole': bool_and(${sql} = floor(${sql})), 'quantiles': ${quantiles}}`;
  }
  if (kind === "time") {
    const ends = `'min': epoch_ms(min(${sql})), 'max': epoch_ms(max(${sql}))`;
    if (encoding.unit !== undefined) return `{${common}, ${ends}}`;
    const finest = ["year", "quarter", "month", "day", "hour", "minute"]
      .map((unit) => `when bool_and(date_trunc('${unit}', ${sql}) = ${sql}) then '${unit}'`)
      .join(" ");
    return `{${common}, ${ends}, 'finest': case ${finest} else 'second' end}`;
  }
  return `{${common}, 'month': bool_and(${isMonthSql(sql)}), 'time': bool_and(${isTimeSql(sql)})}`;
}

function read(cell: Record<string, JsonValue>): FieldFacts {
  const count = Number(cell["count"]);
  const { quantiles } = cell;
  return {
    count,
    unusable: Number(cell["present"]) - count,
    distinct: Number(cell["distinct"] ?? 0),
    min: Number(cell["min"] ?? 0),
    max: Number(cell["max"] ?? 0),
    isInteger: cell["whole"] === true,
    quantiles: Array.isArray(quantiles) ? quantiles.map(Number) : [],
    finest: timeUnits.find((unit) => unit === cell["finest"]) ?? "second",
    textForm: cell["month"] === true ? "month" : cell["time"] === true ? "time" : undefined,
  };
}
