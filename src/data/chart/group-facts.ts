import type { JsonValue } from "../../message.ts";
import { quoteName } from "../sql-text.ts";
import type { FieldFacts, Facts } from "./facts.ts";
import type { Field } from "./field.ts";
import { needsNumbers, type Layout } from "./layout.ts";
import type { FieldRole } from "./plan.ts";
import { roles, type Role } from "./request.ts";
import { isMonthSql, isTimeSql } from "./text-times.ts";

/*
 * Groups by names and by steps of time that were asked for are the same whatever the rows hold: they can be asked for
 * at once, and what has to be said of the rows comes with them. So the data are read once instead of twice.
 */

export function isPlannedAhead({ mark, x, y, color, facet }: Layout): boolean {
  if (mark === "box" || (mark === "point" && y !== undefined)) return false;
  return [x, y, color, facet].every(
    (field) => field === undefined || field.kind === "category" || field.encoding.unit !== undefined,
  );
}

const unknown: FieldFacts = {
  count: 1,
  unusable: 0,
  distinct: 0,
  min: 0,
  max: 0,
  isInteger: false,
  quantiles: [],
  finest: "second",
  textForm: undefined,
};

/** What to plan by before anything is known. */
export function factsAhead(layout: Layout): Facts<FieldRole> {
  const of: Facts<FieldRole>["of"] = {};
  for (const [role] of fieldsOf(layout)) of[role] = unknown;
  return { rowCount: 1, of };
}

/** For each group: how many of its rows have a value in their column, and one that counts. */
export function countColumns(layout: Layout): string {
  return fieldsOf(layout)
    .map(([role, { encoding, sql }]) => {
      const raw = encoding.column === undefined ? "1" : quoteName(encoding.column.name);
      return `, count(${sql}) as ${role}_count, count(${raw}) as ${role}_present`;
    })
    .join("");
}

/** The row of kind facts: counts in `q`, and in `s` what texts along x and y are. */
export function factsSelect(layout: Layout, table: string, letters: Record<Role, string>): string {
  const sums = fieldsOf(layout).flatMap(([role]) => [`sum(${role}_count)`, `sum(${role}_present)`]);
  const counts = ["sum(n)", ...sums].map((sum) => `coalesce(${sum}, 0)::double`);
  const forms = textRoles(layout).map((role) => formOf(letters[role]));
  const text = forms.length === 0 ? "''" : `concat_ws(',', ${forms.join(", ")})`;
  return `select 'facts', null, null, null, null, null, null, ${text}, [${counts.join(", ")}] from ${table}`;
}

export function readGroupFacts(layout: Layout, rows: readonly (readonly JsonValue[])[]): Facts<FieldRole> {
  const row = rows.find(([kind]) => kind === "facts");
  const [rowCount = 0, ...counts] = Array.isArray(row?.[8]) ? row[8].map(Number) : [];
  const forms = String(row?.[7] ?? "").split(",");
  const of: Facts<FieldRole>["of"] = {};
  for (const [index, [role]] of fieldsOf(layout).entries()) {
    const [count = 0, present = 0] = counts.slice(index * 2, index * 2 + 2);
    const form = forms[textRoles(layout).findIndex((named) => named === role)];
    const textForm = form === "month" || form === "time" ? form : undefined;
    of[role] = { ...unknown, count, unusable: present - count, textForm };
  }
  return { rowCount, of };
}

function fieldsOf(layout: Layout): [FieldRole, Field][] {
  const fields = roles.flatMap((role): [FieldRole, Field][] => {
    const field = layout[role];
    return field === undefined ? [] : [[role, field]];
  });
  const { measure } = layout;
  return measure !== undefined && needsNumbers(measure) ? [...fields, ["measure", measure.field]] : fields;
}

function textRoles(layout: Layout): ("x" | "y")[] {
  return (["x", "y"] as const).filter((role) => layout[role]?.kind === "category");
}

/** What texts are throughout. */
function formOf(text: string): string {
  const isMonth = `bool_and(${isMonthSql(text)})`;
  return `case when ${isMonth} then 'month' when bool_and(${isTimeSql(text)}) then 'time' else 'none' end`;
}
