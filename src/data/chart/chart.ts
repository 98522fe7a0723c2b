import { ToolError } from "../../errors.ts";
import type { JsonObject, JsonValue } from "../../message.ts";
import type { Column } from "../dataset.ts";
import { quoteName } from "../sql-text.ts";
import { readRows } from "./chart-rows.ts";
import { dataSql, maxRows } from "./chart-sql.ts";
import { factsSql, readFacts, type Facts } from "./facts.ts";
import { asTime, type Field } from "./field.ts";
import { isPlannedAhead, readGroupFacts } from "./group-facts.ts";
import { layoutOf, needsNumbers, type Layout } from "./layout.ts";
import { notesOf } from "./notes.ts";
import { checkValues, planAhead, planOf, type FieldRole, type Plan } from "./plan.ts";
import { roles, type ChartRequest } from "./request.ts";
import type { Scene } from "./scene.ts";
import { specOf } from "./spec.ts";
import { themes, type ThemeName } from "./theme.ts";
import { withinSentence } from "./words.ts";

export interface ChartOptions extends ChartRequest {
  /** A path, glob or dataset; or one SELECT. */
  from: { source: string } | { sql: string };
  title?: string | undefined;
  theme: ThemeName;
  /** Runs one SELECT and gives at most `limit` rows of it. `followed`: another one of the same data comes after it. */
  query: (sql: string, limit: number, followed: boolean) => Promise<Answer>;
}

interface Answer {
  columns: readonly Column[];
  rows: readonly JsonValue[][];
  rowCount: number;
}

export interface Chart {
  spec: JsonObject;
  notes: string[];
}

/**
 * Ask for as much of the data as a picture can hold, and say how to draw it.
 *
 * @throws ToolError `invalid_input` for columns that there are not, or an empty or unsuitable result; `too_large`
 */
export async function designChart(options: ChartOptions): Promise<Chart> {
  const { query } = options;
  const from = fromSql(options.from);
  const { columns } = await query(`select * from ${from} limit 0`, 1, true);
  const { layout, facts, plan, answer } = await askRows(layoutOf(options, columns), from, query);
  const rows = readRows(answer, plan, layout);
  if (rows.cells.length === 0)
    throw new ToolError("invalid_input", "there is nothing to draw: no row has a value for every column that is shown");
  const scene: Scene = { layout, plan, rows, facts: facts.of, theme: themes[options.theme], valueTitle: "" };
  scene.valueTitle = valueTitle(scene);
  const notes = notesOf(scene, facts);
  const title = options.title?.trim() ?? "";
  const subtitle = notes.onPicture.map((note) => note.charAt(0).toUpperCase() + note.slice(1)).join(". ");
  const spec = specOf(scene, { title: title === "" ? defaultTitle(scene) : title, subtitle });
  return { spec, notes: [...notes.onPicture, ...notes.others] };
}

interface Asked {
  layout: Layout;
  facts: Facts<FieldRole>;
  plan: Plan;
  answer: Answer;
}

/** The rows of a chart, and what the picture has to say of them. */
async function askRows(read: Layout, from: string, query: ChartOptions["query"]): Promise<Asked> {
  if (isPlannedAhead(read)) {
    const plan = planAhead(read);
    const answer = await query(dataSql(plan, read, from), maxRows, false);
    const facts = readGroupFacts(read, answer.rows);
    checkValues(read, facts);
    if (withTextTimes(read, facts) === read) return { layout: read, facts, plan, answer };
  }
  const first = await askFacts(read, from, query);
  const layout = withTextTimes(read, first);
  const facts = layout === read ? first : await askFacts(layout, from, query);
  const plan = planOf(layout, facts);
  return { layout, facts, plan, answer: await query(dataSql(plan, layout, from), maxRows, false) };
}

function fromSql(from: ChartOptions["from"]): string {
  if ("source" in from) return `${quoteName(from.source)} as data`;
  return `(\n${from.sql.replace(/[\s;]+$/, "")}\n) as data`;
}

async function askFacts(layout: Layout, from: string, query: ChartOptions["query"]): Promise<Facts<FieldRole>> {
  const fields: Partial<Record<FieldRole, Field>> = {};
  for (const role of roles) if (layout[role] !== undefined) fields[role] = layout[role];
  if (layout.measure !== undefined && needsNumbers(layout.measure)) fields.measure = layout.measure.field;
  const { columns, rows } = await query(factsSql(fields, from), 1, true);
  return readFacts<FieldRole>(columns, rows[0] ?? []);
}

/** Text that holds dates throughout is laid along time. */
function withTextTimes(layout: Layout, { of }: Facts<FieldRole>): Layout {
  const changed: Partial<Layout> = {};
  for (const role of ["x", "y"] as const) {
    const form = of[role]?.textForm;
    const field = layout[role];
    if (form !== undefined && field?.kind === "category") changed[role] = asTime(field, form);
  }
  return Object.keys(changed).length === 0 ? layout : { ...layout, ...changed };
}

/** An aggregate that nobody asked for, and that had nothing to do, is not named. */
function valueTitle({ layout, plan, rows }: Scene): string {
  const { measure } = layout;
  if (measure === undefined) return "";
  const { field, isAssumed } = measure;
  const isTogether = plan.kind === "groups" && rows.cells.some((cell) => cell.rows > 1);
  if (isAssumed && !isTogether) return plainTitle(field);
  return field.title;
}

function plainTitle({ title }: Field): string {
  const words = title.replace(/^(Number|Sum|Mean|Minimum|Maximum|Median|Standard deviation|Distinct values) of /, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function defaultTitle({ layout, plan, valueTitle: value }: Scene): string {
  const { x, y, color, facet, mark } = layout;
  const across = x === undefined ? [] : [withinSentence(x.title)];
  const groups = [color, facet].flatMap((field) => (field === undefined ? [] : [withinSentence(field.title)]));
  const by = (names: readonly string[]) =>
    names.length === 0 ? "" : ` by ${names.join(", ").replace(/, ([^,]*)$/, " and $1")}`;
  if (mark === "histogram") return `Distribution of ${across.join("")}${by(groups)}`;
  if (mark === "point" && y !== undefined) return `${y.title} against ${across.join("")}${by(groups)}`;
  if (mark === "heatmap") return `${value}${by([...across, withinSentence(y?.title ?? ""), ...groups])}`;
  if (mark === "box" && x === undefined) return `Spread of ${withinSentence(value)}${by(groups)}`;
  const isLine =
    (mark === "line" || mark === "area") && (plan.dimensions.x?.kind === "time" || plan.dimensions.x?.kind === "steps");
  return isLine ? `${value} over time${by(groups)}` : `${value}${by([...across, ...groups])}`;
}
