import type { FieldFacts } from "./facts.ts";
import type { Field } from "./field.ts";
import { numberLabel, rangeLabel } from "./numbers.ts";
import { stepLabel, unitFor, type TimeUnit } from "./time-units.ts";

/** How rows are told apart along one axis, one colour scale or one row of facets. */
export type Dimension =
  /** Ranked; what is beyond `keep` is folded into one, or left out. `sql` is text. */
  | { kind: "category"; sql: string; title: string; keep: number; fold: boolean }
  /** Steps of time, as the epoch milliseconds they begin at. */
  | { kind: "steps"; sql: string; title: string; unit: TimeUnit }
  /** Equal ranges, as their number from `low` on. */
  | { kind: "bins"; sql: string; title: string; bins: Bins }
  /** Each number, or each time in epoch milliseconds, by itself. */
  | { kind: "number" | "time"; sql: string; title: string };

export interface Bins {
  low: number;
  step: number;
  count: number;
  /** Whether only whole numbers lie in them. */
  isWhole: boolean;
  /** Whether there are values beyond them, which are left out. */
  isCut: boolean;
}

/** What a mark can show along one dimension. */
export interface Room {
  /** Categories. */
  keep: number;
  /** Whether the categories beyond that make one called "other". */
  fold: boolean;
  /** Different numbers that are shown as they are; more are put into bins. */
  numbers: number;
  bins: number;
  /** Steps of time. */
  steps: number;
  /** Whether bins leave out the few numbers that lie far away from all others. */
  cut: boolean;
  /** Whether times are shown as they are unless a unit is asked for. */
  exactTimes: boolean;
}

export function dimensionOf(field: Field, facts: FieldFacts, room: Room): Dimension {
  const { kind, sql, title, encoding } = field;
  if (kind === "category") return { kind, sql, title, keep: room.keep, fold: room.fold };
  if (kind === "number") {
    if (facts.distinct <= room.numbers) return { kind, sql, title };
    const { ends, isCut } = room.cut ? coreRange(facts) : { ends: [facts.min, facts.max] as const, isCut: false };
    return binned(field, { ...niceBins(facts, ends[0], ends[1], room.bins), isCut });
  }
  if (encoding.unit === undefined && room.exactTimes) return { kind, sql: `epoch_ms(${sql})`, title };
  const finest = encoding.unit ?? facts.finest;
  const wanted = encoding.unit === undefined ? room.steps : Number.POSITIVE_INFINITY;
  const unit = unitFor(facts.max - facts.min, wanted, finest);
  return { kind: "steps", sql: `epoch_ms(date_trunc('${unit}', ${sql}))`, title, unit };
}

export function binned({ sql, title }: Pick<Field, "sql" | "title">, bins: Bins): Dimension {
  const index = `floor((${sql} - ${literal(bins.low)}) / ${literal(bins.step)})`;
  const last = bins.count - 1;
  const inside = bins.isCut
    ? `case when ${index} between 0 and ${last} then ${index} end`
    : `greatest(0, least(${last}, ${index}))`;
  return { kind: "bins", sql: `(case when (${sql}) is not null then ${inside} end)`, title, bins };
}

/** Ranges of 1, 2 or 5 times a power of ten, about so many, that hold everything between two numbers. */
export function niceBins({ isInteger }: Pick<FieldFacts, "isInteger">, min: number, max: number, wanted: number): Bins {
  const span = max - min || Math.abs(max) || 1;
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999) ?? power;
  const step = isInteger ? Math.max(1, nice) : nice;
  const low = Math.floor(min / step) * step;
  const count = Math.max(1, Math.ceil((max - low) / step - 1e-9));
  const reach = isInteger && low + count * step <= max ? count + 1 : count;
  return { low, step, count: reach, isWhole: isInteger, isCut: false };
}

/** All values, unless a few lie so far out that the others would be squeezed into a corner. */
export function coreRange({ min, max, quantiles }: FieldFacts): { ends: readonly [number, number]; isCut: boolean } {
  const [low = min, , , high = max] = quantiles;
  const core = high - low;
  if (core <= 0 || max - min < core * 6) return { ends: [min, max], isCut: false };
  return { ends: [Math.max(min, low - core * 0.5), Math.min(max, high + core * 0.5)], isCut: true };
}

/** What a value along a dimension is called, categories aside. */
export function valueLabel(dimension: Exclude<Dimension, { kind: "category" }>, value: number): string {
  if (dimension.kind === "bins") {
    const { low, step, isWhole } = dimension.bins;
    return rangeLabel(low + value * step, low + (value + 1) * step - (isWhole ? 1 : 0), step);
  }
  if (dimension.kind === "number") return numberLabel(value, dimension.title);
  return stepLabel(value, dimension.kind === "steps" ? dimension.unit : "day");
}

function literal(value: number): string {
  return `(${String(value)})::double`;
}
