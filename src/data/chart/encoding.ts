import { ToolError } from "../../errors.ts";
import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";
import type { Column } from "../dataset.ts";
import { timeUnits, type TimeUnit } from "./time-units.ts";

/** What a column's values are to a chart: places on a scale, in time, or names. */
export type Kind = "number" | "time" | "category";

/** A column, perhaps within a function: `amount`, `sum(amount)`, `month(ordered_at)`, `count()`. */
export interface Encoding {
  /** Absent for `count()` alone. */
  column: Column | undefined;
  aggregate: Aggregate | undefined;
  unit: TimeUnit | undefined;
}

/** How several rows become one value, and what its title says. */
export const aggregates = {
  count: { sql: "count", title: "Number of", isAdditive: true },
  sum: { sql: "sum", title: "Sum of", isAdditive: true },
  avg: { sql: "avg", title: "Mean of", isAdditive: false },
  min: { sql: "min", title: "Minimum of", isAdditive: false },
  max: { sql: "max", title: "Maximum of", isAdditive: false },
  median: { sql: "median", title: "Median of", isAdditive: false },
  stddev: { sql: "stddev", title: "Standard deviation of", isAdditive: false },
  distinct: { sql: "count_distinct", title: "Distinct values of", isAdditive: false },
} as const;

export type Aggregate = keyof typeof aggregates;

const otherNames: Readonly<Record<string, Aggregate>> = {
  mean: "avg",
  average: "avg",
  count_distinct: "distinct",
  stdev: "stddev",
  total: "sum",
};

/**
 * Read what an argument such as `y` asks for. A column whose name looks like a function is the column.
 *
 * @throws ToolError `invalid_input` that names the columns there are
 */
export function readEncoding(argument: string, text: string, columns: readonly Column[]): Encoding {
  const plain = findColumn(text, columns);
  if (plain !== undefined) return { column: plain, aggregate: undefined, unit: undefined };
  const call = /^\s*([a-z_]+)\s*\(\s*(distinct\s+)?([^]*?)\s*\)\s*$/i.exec(text);
  if (call === null) throw unknownColumn(argument, text, columns);
  const name = (call[1] ?? "").toLowerCase();
  const inner = call[3] ?? "";
  const unit = timeUnits.find((known) => known === name);
  const aggregate = call[2] === undefined ? aggregateOf(name) : "distinct";
  if (unit === undefined && aggregate === undefined) {
    const known = [...Object.keys(aggregates), ...timeUnits].join(", ");
    throw new ToolError(
      "invalid_input",
      `${argument}: there is no function ${cutText(name, 40)}; use one of ${known} with one column, or compute it in sql`,
    );
  }
  if (aggregate === "count" && (inner === "" || inner === "*" || inner === "1")) {
    return { column: undefined, aggregate, unit: undefined };
  }
  const column = findColumn(inner, columns);
  if (column === undefined) throw unknownColumn(argument, inner, columns);
  return { column, aggregate, unit };
}

function aggregateOf(name: string): Aggregate | undefined {
  if (Object.hasOwn(aggregates, name)) return name as Aggregate;
  return Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;
}

/** As it is written, in quotes, or in another case where that is not ambiguous: SQL does not tell those apart. */
function findColumn(text: string, columns: readonly Column[]): Column | undefined {
  const exact = columns.find(({ name }) => name === text);
  if (exact !== undefined) return exact;
  const bare = unquoted(text.trim());
  return columns.find(({ name }) => name === bare) ?? columns.find(({ name }) => sameName(name, bare));
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

const maxNames = 30;

function unknownColumn(argument: string, text: string, columns: readonly Column[]): ToolError {
  const names = columns.map(({ name }) => name);
  const listed = names.slice(0, maxNames).map((name) => cutText(name, 60));
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : "";
  return new ToolError(
    "invalid_input",
    `${argument}: there is no column '${cutText(text, 80)}'${didYouMean(text, names)}${functionHint(text)}; the columns are ${listed.join(", ")}${more}`,
  );
}

/** The name of a function alone asks for it. */
function functionHint(text: string): string {
  const name = text.trim().toLowerCase();
  if (aggregateOf(name) === "count") return "; count() counts the rows, as y left out does";
  const known = aggregateOf(name) ?? timeUnits.find((unit) => unit === name);
  return known === undefined ? "" : `; ${known} takes a column, as in ${known}(column)`;
}

export function kindOf({ type }: Column): Kind {
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\([\d,]+\))$/.test(type)) return "number";
  return /^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/.test(type) ? "time" : "category";
}
