import type { JsonObject, JsonValue } from "../../message.ts";
import type { Cell } from "./chart-rows.ts";
import { valueLabel, type Dimension } from "./dimension.ts";
import { digitsWithin, isYear } from "./numbers.ts";
import { nameOf, orderOf, totals, type Scene } from "./scene.ts";
import { stepsBetween, type TimeUnit } from "./time-units.ts";
import { roughWidth } from "./words.ts";

/** An axis of places side by side: names, steps of time, single numbers or ranges. */
export interface Band {
  /** In the order they are shown. */
  domain: JsonValue[];
  /** Of the channel. */
  type: "nominal" | "ordinal";
  /** A cell's place. */
  place: (value: number | undefined) => JsonValue;
  /** Axis settings that show as many labels as fit. */
  axis: (widthPx: number) => JsonObject;
  /** Width of the widest label in pixels, about. */
  labelWidth: number;
  title: string;
  /** Whether the places are names that can be put in any order. */
  isNamed: boolean;
}

const maxSteps = 500;
const labelSize = 12;

export function bandOf(scene: Scene, role: "x" | "y"): Band {
  const dimension = scene.plan.dimensions[role];
  if (dimension === undefined) throw new Error(`nothing is laid along ${role}`);
  if (dimension.kind === "category") return namesBand(scene, role, dimension.title);
  const values = [...new Set(scene.rows.cells.flatMap((cell) => cell[role] ?? []))].toSorted((a, b) => a - b);
  if (dimension.kind === "steps") return stepsBand(dimension, values);
  const all = dimension.kind === "bins" ? rangeOf(values) : values;
  const labels = all.map((value) => valueLabel(dimension, value));
  const labelWidth = widest(labels);
  return {
    domain: labels,
    type: "nominal",
    place: (value) => (value === undefined ? null : valueLabel(dimension, value)),
    axis: (widthPx) => ({ values: everyNth(labels, fitting(labels.length, labelWidth + 10, widthPx)) }),
    labelWidth,
    title: dimension.title,
    isNamed: false,
  };
}

function namesBand(scene: Scene, role: "x" | "y", title: string): Band {
  const sizes = totals(scene, role);
  const { names, other } = orderOf(scene, role, (name) => sizes.get(name) ?? 0);
  const domain = other === undefined ? names : [...names, other];
  const place = (value: number | undefined) => nameOf(scene, role, value);
  return { domain, type: "nominal", place, axis: () => ({}), labelWidth: widest(domain), title, isNamed: true };
}

function stepsBand({ title, unit }: Extract<Dimension, { kind: "steps" }>, values: readonly number[]): Band {
  const last = values.at(-1) ?? 0;
  const all = stepsBetween(values[0] ?? 0, last, unit, maxSteps);
  // Far too many steps without a value, or steps that are not met: those that have one are enough.
  const domain = all.at(-1) === last ? all : [...values];
  return {
    domain,
    type: "ordinal",
    place: (value) => value ?? null,
    axis: (widthPx) => {
      const shown = stepTicks(domain, unit, widthPx);
      return { values: shown, labelExpr: unit === "week" || unit === "day" ? dayLabels(shown) : stepLabels[unit] };
    },
    labelWidth: stepWidth[unit],
    title: withUnit(title, unit),
    isNamed: false,
  };
}

/** `Sold at (month)`, but `Month`. */
function withUnit(title: string, unit: TimeUnit): string {
  return title.toLowerCase().includes(unit) ? title : `${title} (${unit})`;
}

/** Constant expressions: nothing of the data is part of them. The second line appears where it changes. */
const stepLabels: Record<Exclude<TimeUnit, "week" | "day">, string> = {
  century: "utcFormat(datum.value, '%Y')",
  decade: "utcFormat(datum.value, '%Y')",
  year: "utcFormat(datum.value, '%Y')",
  quarter:
    "['Q' + utcquarter(datum.value), utcquarter(datum.value) == 1 || !(datum.index > 0) ? utcFormat(datum.value, '%Y') : '']",
  month:
    "[utcFormat(datum.value, '%b'), utcmonth(datum.value) == 0 || !(datum.index > 0) ? utcFormat(datum.value, '%Y') : '']",
  hour: clock("%H:%M"),
  minute: clock("%H:%M"),
  second: clock("%H:%M:%S"),
};

/** The year stands below the first label of each. */
function dayLabels(shown: readonly number[]): string {
  const yearOf = (at: number | undefined) => (at === undefined ? undefined : new Date(at).getUTCFullYear());
  const firsts = shown.filter((at, index) => yearOf(at) !== yearOf(shown[index - 1]));
  return `[utcFormat(datum.value, '%b %-d'), indexof([${firsts.join()}], datum.value) >= 0 ? utcFormat(datum.value, '%Y') : '']`;
}

function clock(format: string): string {
  const isNewDay = "utchours(datum.value) == 0 && utcminutes(datum.value) == 0 && utcseconds(datum.value) == 0";
  return `[utcFormat(datum.value, '${format}'), ${isNewDay} || !(datum.index > 0) ? utcFormat(datum.value, '%b %-d') : '']`;
}

const stepWidth: Record<TimeUnit, number> = {
  century: 34,
  decade: 34,
  year: 34,
  quarter: 34,
  month: 34,
  week: 46,
  day: 46,
  hour: 44,
  minute: 44,
  second: 58,
};

/** Steps that are labelled: all that fit, else those that are round. */
function stepTicks(steps: readonly number[], unit: TimeUnit, widthPx: number): number[] {
  const nth = fitting(steps.length, stepWidth[unit] + 8, widthPx);
  if (nth === 1 || (unit !== "month" && unit !== "quarter")) return everyNth(steps, nth);
  const perYear = unit === "month" ? 12 : 4;
  const round = [2, 3, 4, 6, 12].find((count) => count >= nth && perYear % count === 0);
  if (round === undefined) return everyNth(steps, nth);
  const place = (at: number) => new Date(at).getUTCMonth() / (12 / perYear);
  return steps.filter((at) => Math.floor(place(at)) % round === 0);
}

/** Names below each other at a slant where they do not fit side by side, and as many of them as fit then. */
export function namesBelow({ domain, labelWidth }: Band, widthPx: number): JsonObject {
  if (Math.min(labelWidth, 230) <= widthPx / domain.length - 6) return {};
  const values = everyNth(domain, fitting(domain.length, 15, widthPx));
  return { labelAngle: -40, labelAlign: "right", labelLimit: 140, values };
}

function fitting(count: number, each: number, widthPx: number): number {
  return Math.max(1, Math.ceil((count * each) / widthPx));
}

function everyNth<T>(values: readonly T[], nth: number): T[] {
  return values.filter((_, index) => index % nth === 0);
}

function widest(labels: readonly string[]): number {
  return Math.max(0, ...labels.map((label) => roughWidth(label, labelSize)));
}

function rangeOf(values: readonly number[]): number[] {
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The axis of what is measured. Long numbers are shortened; zero stands out. */
export function valueAxis({ theme }: Scene, title: string, values: readonly number[]): JsonObject {
  const isMixed = values.some((value) => value < 0) && values.some((value) => value > 0);
  const zero = { condition: { test: "datum.value === 0", value: theme.softInk }, value: theme.grid };
  const whole = values.every(Number.isInteger) ? { tickMinStep: 1 } : {};
  return {
    title,
    grid: true,
    tickCount: 5,
    ...whole,
    gridColor: isMixed ? zero : theme.grid,
    ...numberLabels(title, values),
  };
}

/** How the numbers of an axis are written: short, but no two of them alike. */
export function numberLabels(title: string, values: readonly number[]): JsonObject {
  const [low, high] = ends(values);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const digits = digitsWithin(low, high);
  if (isYear(title, low, high)) return { format: "d" };
  if (size >= 1e15 || (size > 0 && size < 1e-3))
    return { labelExpr: "datum.value == 0 ? '0' : format(datum.value, '.12~e')" };
  if (size >= 1e4) return digits > 6 ? { format: ",.15~r" } : shortened(6);
  // An axis of one value knows no step to round by.
  return low === high ? { format: ",.12~r" } : {};
}

/** As `numberLabels`, for the ends of a range of colours, which are not round. */
export function legendLabels(values: readonly number[]): JsonObject {
  const [low, high] = ends(values);
  const isLong = Math.max(Math.abs(low), Math.abs(high)) >= 1e4;
  return isLong ? shortened(digitsWithin(low, high)) : {};
}

function shortened(digits: number): JsonObject {
  return { labelExpr: `replace(format(datum.value, '.${digits}~s'), 'G', 'B')` };
}

/** Without the spread of arguments, which thousands of them would overflow. */
export function ends(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 0];
}

const dayMs = 86_400_000;

/** A continuous axis of numbers or of times in UTC. What all times have in common stands in the title. */
export function continuousAxis(dimension: Dimension, cells: readonly Cell[], role: "x" | "y"): JsonObject {
  const values = cells.flatMap((cell) => cell[role] ?? []);
  const [low, high] = ends(values);
  const { title } = dimension;
  if (dimension.kind === "number") {
    const whole = values.every(Number.isInteger) ? { tickMinStep: 1 } : {};
    return { type: "quantitative", axis: { title, tickCount: 7, ...spaced, ...whole, ...numberLabels(title, values) } };
  }
  const named = dimension.kind === "steps" ? withUnit(title, dimension.unit) : title;
  const shared = sharedTime(low, high);
  const axis = {
    title: `${named}${shared}`,
    tickCount: 8,
    ...spaced,
    labelExpr: timeLabels(high - low, shared !== ""),
  };
  return { type: "temporal", scale: { type: "utc" }, axis };
}

const spaced = { labelOverlap: "greedy", labelSeparation: 8 };

/** The day or the year that all times lie in. */
function sharedTime(low: number, high: number): string {
  const [from, to] = [new Date(low).toISOString(), new Date(high).toISOString()];
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  if (from.slice(0, 10) === to.slice(0, 10)) return `, ${day.format(low)}`;
  return from.slice(0, 4) === to.slice(0, 4) ? `, ${from.slice(0, 4)}` : "";
}

/** Constant expressions for times of a span. A second line says the year where it begins, unless the title does. */
function timeLabels(spanMs: number, isShared: boolean): string {
  if (spanMs > 12 * 365 * dayMs) return "utcFormat(datum.value, '%Y')";
  if (spanMs <= 8 * dayMs) {
    const isMidnight = "utchours(datum.value) == 0 && utcminutes(datum.value) == 0 && utcseconds(datum.value) == 0";
    const time = spanMs < 180_000 ? "%H:%M:%S" : "%H:%M";
    return `${isMidnight} ? utcFormat(datum.value, '%b %-d') : utcFormat(datum.value, '${time}')`;
  }
  const first =
    spanMs > 100 * dayMs
      ? "utcFormat(datum.value, utcdate(datum.value) == 1 ? '%b' : '%b %-d')"
      : "utcFormat(datum.value, '%b %-d')";
  if (isShared) return first;
  const isNew = "(utcmonth(datum.value) == 0 && utcdate(datum.value) < 8) || !(datum.index > 0)";
  return `[${first}, ${isNew} ? utcFormat(datum.value, '%Y') : '']`;
}
