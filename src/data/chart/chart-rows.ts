import { ToolError } from "../../errors.ts";
import type { JsonValue } from "../../message.ts";
import { maxRows } from "./chart-sql.ts";
import { valueLabel, type Dimension } from "./dimension.ts";
import { distinctLabels, roomForNames } from "./labels.ts";
import type { Layout } from "./layout.ts";
import type { Plan } from "./plan.ts";
import { roles, type Role } from "./request.ts";

/** One mark of the picture, or one point of a line. Along categories, a number is a rank, and 0 what is folded. */
export interface Cell {
  x: number | undefined;
  y: number | undefined;
  color: number | undefined;
  facet: number | undefined;
  /** What is shown; undefined where the place alone says all. */
  value: number | undefined;
  /** How many rows it stands for. */
  rows: number;
}

export interface Box extends Cell {
  low: number;
  q1: number;
  median: number;
  q3: number;
  high: number;
  outlierCount: number;
}

/** The names along one role, in the order of their ranks, from 1 on. */
export interface Names {
  labels: string[];
  /** Categories there are in all. */
  total: number;
}

export interface ChartRows {
  cells: Cell[];
  boxes: Box[];
  outliers: Cell[];
  names: Partial<Record<Role, Names>>;
}

/** Those that do not squeeze the boxes into a corner: within twice the length of all whiskers together. */
export function nearOutliers({ boxes, outliers }: Pick<ChartRows, "boxes" | "outliers">): Cell[] {
  const low = Math.min(...boxes.map((box) => box.low));
  const high = Math.max(...boxes.map((box) => box.high));
  const reach = (high - low || Math.abs(high) || 1) * 1.5;
  return outliers.filter(({ value = 0 }) => value >= low - reach && value <= high + reach);
}

type Row = readonly JsonValue[];

interface Answer {
  rows: readonly Row[];
  /** Of the whole result. */
  rowCount: number;
}

/** @throws ToolError `too_large` where the picture would hold more than it can */
export function readRows({ rows, rowCount }: Answer, plan: Plan, layout: Layout): ChartRows {
  if (rows.length < rowCount || rowCount >= maxRows) {
    throw new ToolError(
      "too_large",
      "the chart would hold more marks than a picture can show; use coarser steps, fewer groups or no facet (for the hour of a day or the day of a week, compute it in sql: hour(…) and day(…) here are steps along time)",
    );
  }
  const of = (kind: string) => rows.filter((row) => row[0] === kind);
  const names: ChartRows["names"] = {};
  const cells = of("cell");
  for (const role of roles) {
    const dimension = plan.dimensions[role];
    if (dimension?.kind === "category") names[role] = namesOf(of(role), role, layout);
    // There may be thousands of numbers along an axis; they name themselves.
    else if (dimension !== undefined && (role === "color" || role === "facet"))
      names[role] = stepNames(role, cells, dimension);
  }
  return {
    cells: cells.map(toCell).toSorted(byPlace),
    boxes: plan.kind === "boxes" ? cells.map(toBox).toSorted(byPlace) : [],
    outliers: of("outlier").map(toCell).toSorted(byPlace),
    names,
  };
}

function toCell([, x, y, color, facet, value, rows]: Row): Cell {
  return {
    x: number(x),
    y: number(y),
    color: number(color),
    facet: number(facet),
    value: number(value),
    rows: number(rows) ?? 1,
  };
}

/** SQL gives rows in any order; the same chart shall be the same file. */
function byPlace(a: Cell, b: Cell): number {
  const differences = [(a.x ?? 0) - (b.x ?? 0), (a.y ?? 0) - (b.y ?? 0), (a.color ?? 0) - (b.color ?? 0)];
  return differences.find((difference) => difference !== 0) ?? (a.facet ?? 0) - (b.facet ?? 0);
}

function toBox(row: Row): Box {
  const quartiles = Array.isArray(row[8]) ? row[8].map(Number) : [];
  const [low = 0, q1 = 0, median = 0, q3 = 0, high = 0, outlierCount = 0] = quartiles;
  return { ...toCell(row), low, q1, median, q3, high, outlierCount };
}

/**
 * Infinities are text in an answer, and nothing on a picture. The last digits of a sum depend on the order it was
 * made in, and nobody sees them; whole numbers keep all of theirs.
 */
function number(cell: JsonValue | undefined): number | undefined {
  if (typeof cell !== "number") return undefined;
  return Number.isInteger(cell) ? cell : Number(cell.toPrecision(12));
}

function namesOf(ranked: readonly Row[], role: Role, layout: Layout): Names {
  const inOrder = ranked.toSorted((a, b) => Number(a[1]) - Number(b[1]));
  const texts = inOrder.map((row) => (typeof row[7] === "string" ? row[7] : null));
  return {
    labels: distinctLabels(texts, roomForNames(role, texts.length, layout)),
    total: Number(inOrder[0]?.[2] ?? 0),
  };
}

/** Numbers and steps of time are named by what they are, in their order. */
function stepNames(role: Role, cells: readonly Row[], dimension: Exclude<Dimension, { kind: "category" }>): Names {
  const column = roles.indexOf(role) + 1;
  const values = [...new Set(cells.map((row) => Number(row[column])))].toSorted((a, b) => a - b);
  return { labels: values.map((value) => valueLabel(dimension, value)), total: values.length };
}
