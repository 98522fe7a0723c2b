import { quoteName } from "../sql-text.ts";
import { aggregates } from "./encoding.ts";
import { countColumns, factsSelect } from "./group-facts.ts";
import type { Layout, Measure } from "./layout.ts";
import { maxCells, type Plan } from "./plan.ts";
import { roles, type Role } from "./request.ts";

/*
 * Every statement gives the same columns: `k` says what a row is, `a` to `d` are its values along x, y, color and
 * facet (of categories, their rank, 0 for what is folded), `v` is what is shown, `n` how many rows that stands for,
 * `s` a name, `q` a list of numbers. Ranked categories come as rows of kind x, y, color or facet.
 */

const letters: Record<Role, string> = { x: "a", y: "b", color: "c", facet: "d" };

export function dataSql(plan: Plan, layout: Layout, from: string): string {
  const parts = { groups: groups, pairs: pairs, boxes: boxes }[plan.kind](plan, layout, from);
  const names = ranked(plan).map(
    ([role, { keep }]) =>
      `select '${role}', i::double, total::double, null, null, null, row_count::double, left(value, 200), null from rank_${role} where i <= ${kept(keep)}`,
  );
  const selects = [...parts.selects, ...names].join("\nunion all ");
  return `with ${parts.tables.join(",\n")}\nselect * from (\n${selects}\n) limit ${maxRows}`;
}

/** A row more than there may be, so that it shows when there are more. */
export const maxRows = maxCells + 200;

interface Parts {
  tables: string[];
  selects: string[];
}

function groups(plan: Plan, layout: Layout, from: string): Parts {
  const { measure } = layout;
  const isFolded = foldedRoles(plan);
  const grouped = groupedTables(plan, layout, from);
  const isAdditive = measure === undefined || aggregates[measure.aggregate].isAdditive;
  const isAlone = ranked(plan).length + others(plan) === 1;
  const grouping = isAlone
    ? { score: isAdditive ? "abs(v)" : "v", count: "n", isGrouped: true }
    : { score: isAdditive ? "abs(sum(v))" : "sum(n)", count: "sum(n)" };
  const fold = isAdditive && isFolded ? "sum(v)" : "any_value(v)";
  const cells = `cells as materialized (select ${rankedColumns(plan)}, ${fold} as v, sum(n) as n from grouped ${joins(plan)}${within(plan, "v is not null")} group by all)`;
  const tables = [...grouped, ...ranks(plan, "grouped", grouping), cells];
  const facts = plan.isAhead ? [factsSelect(layout, "all_groups", letters)] : [];
  if (plan.parts === undefined) return { tables, selects: [cellSelect("cells"), ...facts] };
  return { tables: [...tables, ...reduced(plan.parts)], selects: [cellSelect("few")] };
}

/** Groups that have a place; where nothing is known of the rows yet, out of all groups. */
function groupedTables(plan: Plan, layout: Layout, from: string): string[] {
  const { measure } = layout;
  const aggregate = measure === undefined ? "count(*)" : aggregateSql(measure);
  const group = `select ${columns(plan, (sql) => sql)}, ${aggregate} as v, count(*) as n`;
  if (!plan.isAhead) return [`grouped as materialized (${group} from ${from}${present(plan)} group by all)`];
  return [
    `all_groups as materialized (${group}${countColumns(layout)} from ${from} group by all)`,
    `grouped as (select * from all_groups${present(plan, [], true)})`,
  ];
}

/**
 * What a line through all cells would show, had it one pixel a part: the first, last, lowest and highest of each.
 * http://www.vldb.org/pvldb/vol7/p797-jugel.pdf
 */
function reduced(parts: number): string[] {
  return [
    `span as (select min(a) as low, max(a) as high from cells)`,
    `parts as (select c, d, min(a) as a1, arg_min(v, a) as v1, max(a) as a2, arg_max(v, a) as v2, arg_min(a, v) as a3, min(v) as v3, arg_max(a, v) as a4, max(v) as v4, max(n) as n from cells, span group by c, d, floor((a - low) / nullif(high - low, 0) * ${parts}))`,
    `few as (select distinct unnest([a1, a2, a3, a4]) as a, null::double as b, c, d, unnest([v1, v2, v3, v4]) as v, n from parts)`,
  ];
}

function pairs(plan: Plan, _layout: Layout, from: string): Parts {
  const shade = plan.shade === undefined ? "null::double" : plan.shade.sql;
  const rows = `rows as materialized (select ${columns(plan, (sql) => sql)}, ${shade} as v from ${from}${present(plan)})`;
  const sample = plan.sample === undefined ? "" : ` using sample reservoir(${plan.sample} rows) repeatable (7)`;
  const chosen = `chosen as (select * from cells${sample})`;
  const cells = `cells as (select ${rankedColumns(plan)}, v, 1 as n from rows ${joins(plan, "rows")}${within(plan)})`;
  return {
    tables: [rows, ...ranks(plan, "rows", { score: "count(*)", count: "count(*)" }), cells, chosen],
    selects: [cellSelect("chosen")],
  };
}

const outliersPerBox = 40;
const maxOutliers = 2_000;

function boxes(plan: Plan, { measure }: Layout, from: string): Parts {
  const value = measure?.field.sql ?? "null::double";
  const rows = `rows as materialized (select ${columns(plan, (sql) => sql)}, ${value} as v from ${from}${present(plan, [value])})`;
  const cells = `cells as materialized (select ${rankedColumns(plan)}, v from rows ${joins(plan, "rows")}${within(plan)})`;
  const same = ["a", "c", "d"]
    .map((letter) => `cells.${letter} is not distinct from quartiles.${letter}`)
    .join(" and ");
  const reach = "1.5 * (q[3] - q[1])";
  return {
    tables: [
      rows,
      ...ranks(plan, "rows", { score: "count(*)", count: "count(*)" }),
      cells,
      `quartiles as materialized (select a, c, d, count(*) as n, quantile_cont(v, [0.25, 0.5, 0.75]) as q from cells group by a, c, d)`,
      `joined as materialized (select cells.*, q, n, v < q[1] - ${reach} or v > q[3] + ${reach} as is_out from cells join quartiles on ${same})`,
      `fences as (select a, c, d, any_value(n) as n, any_value(q) as q, min(v) filter (not is_out) as low, max(v) filter (not is_out) as high, count(*) filter (is_out) as out_count from joined group by a, c, d)`,
      `outliers as (select *, row_number() over (partition by a, c, d order by hash(a, c, d, v)) as i from (select distinct a, c, d, v, q from joined where is_out))`,
    ],
    selects: [
      `select 'cell' as k, a::double as a, null::double as b, c::double as c, d::double as d, q[2] as v, n::double as n, null::varchar as s, [low, q[1], q[2], q[3], high, out_count::double] as q from fences`,
      `select 'outlier', a::double, null, c::double, d::double, v, null, null, null from outliers where i <= least(${outliersPerBox}, ${maxOutliers} // (select count(*) from fences))`,
    ],
  };
}

function cellSelect(table: string): string {
  return `select 'cell' as k, a::double as a, b::double as b, c::double as c, d::double as d, v::double as v, n::double as n, null::varchar as s, null::double[] as q from ${table}`;
}

function aggregateSql({ field, aggregate }: Measure): string {
  const { column } = field.encoding;
  if (column === undefined) return "count(*)";
  if (aggregate === "count") return `count(${quoteName(column.name)})`;
  if (aggregate === "distinct") return `count(distinct ${quoteName(column.name)})`;
  return `${aggregates[aggregate].sql}(${field.sql})`;
}

/** One expression for each of a to d. */
function columns(plan: Plan, each: (sql: string, role: Role) => string): string {
  return roles
    .map((role) => {
      const dimension = plan.dimensions[role];
      return `${dimension === undefined ? "null::double" : each(dimension.sql, role)} as ${letters[role]}`;
    })
    .join(", ");
}

/** As `columns`, of a table that has them, with ranks in place of names. */
function rankedColumns(plan: Plan): string {
  return columns(plan, (_sql, role) => {
    const dimension = plan.dimensions[role];
    if (dimension?.kind !== "category") return letters[role];
    return `case when rank_${role}.i <= ${kept(dimension.keep, `rank_${role}.`)} then rank_${role}.i else 0 end`;
  });
}

/** All of them where only one would be left: that one takes no more room than "other" would. */
function kept(keep: number, prefix = ""): string {
  return `case when ${prefix}total <= ${keep + 1} then ${keep + 1} else ${keep} end`;
}

interface Ranking {
  score: string;
  count: string;
  /** The table has one row for each value. */
  isGrouped?: boolean;
}

/** Only those that may be shown are ranked: there may be as many as there are rows. */
function ranks(plan: Plan, table: string, { score, count, isGrouped = false }: Ranking): string[] {
  const group = isGrouped ? "" : " group by 1";
  return ranked(plan).flatMap(([role, { keep }]) => [
    `scores_${role} as materialized (select ${letters[role]} as value, ${score} as score, ${count} as row_count from ${table}${group})`,
    `top_${role} as (select * from scores_${role} order by score desc nulls last, row_count desc, value limit ${keep + 1})`,
    `rank_${role} as materialized (select value, row_count, row_number() over (order by score desc nulls last, row_count desc, value) as i, (select count(*) from scores_${role}) as total from top_${role})`,
  ]);
}

function joins(plan: Plan, table = "grouped"): string {
  return ranked(plan)
    .map(([role]) => `left join rank_${role} on ${table}.${letters[role]} is not distinct from rank_${role}.value`)
    .join(" ");
}

/** Categories that are neither kept nor folded are left out. */
function within(plan: Plan, ...conditions: string[]): string {
  const limits = ranked(plan)
    .filter(([, { fold }]) => !fold)
    .map(([role, { keep }]) => `rank_${role}.i <= ${kept(keep, `rank_${role}.`)}`);
  const all = [...conditions, ...limits];
  return all.length === 0 ? "" : ` where ${all.join(" and ")}`;
}

/** A number or a time that is none has no place on its axis. */
function present(plan: Plan, more: readonly string[] = [], isGrouped = false): string {
  const needed = roles.flatMap((role) => {
    const dimension = plan.dimensions[role];
    return dimension === undefined || dimension.kind === "category" ? [] : [isGrouped ? letters[role] : dimension.sql];
  });
  const conditions = [...needed, ...more].map((sql) => `(${sql}) is not null`);
  return conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
}

function ranked({ dimensions }: Plan) {
  return roles.flatMap((role) => {
    const dimension = dimensions[role];
    return dimension?.kind === "category" ? [[role, dimension] as const] : [];
  });
}

function others({ dimensions }: Plan): number {
  return roles.filter((role) => dimensions[role] !== undefined && dimensions[role].kind !== "category").length;
}

function foldedRoles(plan: Plan): boolean {
  return ranked(plan).some(([, { fold }]) => fold);
}
