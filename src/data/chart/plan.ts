import { ToolError } from "../../errors.ts";
import { aggregates } from "./encoding.ts";
import { binned, coreRange, dimensionOf, niceBins, type Dimension, type Room } from "./dimension.ts";
import type { FieldFacts, Facts } from "./facts.ts";
import type { Field } from "./field.ts";
import { factsAhead } from "./group-facts.ts";
import type { Layout } from "./layout.ts";
import type { Role } from "./request.ts";

/** Rows that a picture is made of; more would neither fit into it nor into an answer. */
export const maxCells = 4_000;
const maxPoints = 3_000;
/** More series can neither be told apart by colour nor be read in a legend. */
const maxColors = 7;
const maxFacets = 12;

/** What to ask for. */
export interface Plan {
  /** `groups` of rows; `pairs` of x and y as they are; `boxes` of quantiles. */
  kind: "groups" | "pairs" | "boxes";
  dimensions: Partial<Record<Role, Dimension>>;
  /** SQL of a number that colours points by itself. */
  shade: Field | undefined;
  /** Reduce lines to the first, last, lowest and highest value of so many parts. */
  parts: number | undefined;
  /** Show no more than so many points, chosen at random. */
  sample: number | undefined;
  /** Points lie so thick that their number is shown instead. */
  isDensity: boolean;
  /** Nothing was known of the rows: it comes with them. */
  isAhead: boolean;
}

export type FieldRole = Role | "measure";

const room: Room = { keep: 30, fold: false, numbers: 30, bins: 30, steps: 62, cut: true, exactTimes: false };
const colorRoom: Room = { ...room, keep: maxColors, numbers: maxColors, bins: 5, steps: 6, cut: false };
const facetRoom: Room = { ...room, keep: maxFacets, numbers: maxFacets, bins: 6, steps: maxFacets, cut: false };
const boxRoom: Room = { ...room, keep: 20, numbers: 15, bins: 10, steps: 24 };
const heatmapRooms: Partial<Record<Role, Room>> = {
  x: { ...room, bins: 24, steps: 40 },
  y: { ...room, keep: 24, numbers: 24, bins: 20, steps: 24 },
  facet: { ...facetRoom, keep: 4, numbers: 4, bins: 4, steps: 4 },
};

/** The plan for groups that are the same whatever the rows hold. */
export function planAhead(layout: Layout): Plan {
  return { ...planOf(layout, factsAhead(layout)), isAhead: true };
}

/** @throws ToolError `invalid_input` where there is nothing to show */
export function planOf(layout: Layout, facts: Facts<FieldRole>): Plan {
  checkValues(layout, facts);
  const hasFacets = layout.facet !== undefined;
  const plan: Plan = {
    kind: "groups",
    dimensions: {},
    shade: undefined,
    parts: undefined,
    sample: undefined,
    isDensity: false,
    isAhead: false,
  };
  if (layout.mark === "point" && layout.y !== undefined) return planPoints(layout, facts, plan);
  if (layout.mark === "box")
    return {
      ...plan,
      kind: "boxes",
      dimensions: dimensionsOf(layout, facts, {
        x: hasFacets ? { ...boxRoom, keep: 8, numbers: 8, bins: 6, steps: 8 } : boxRoom,
        color: { ...colorRoom, keep: hasFacets ? 3 : 5, numbers: hasFacets ? 3 : 5 },
        facet: facetRoom,
      }),
    };
  if (layout.mark === "heatmap") return { ...plan, dimensions: dimensionsOf(layout, facts, heatmapRooms) };
  const { x: field } = layout;
  const known = facts.of.x;
  const fold = layout.measure !== undefined && aggregates[layout.measure.aggregate].isAdditive;
  const around = dimensionsOf({ ...layout, x: undefined }, facts, { color: { ...colorRoom, fold }, facet: facetRoom });
  if (field === undefined || known === undefined) return { ...plan, dimensions: around };
  const series = seriesCount(around, facts);
  const x = acrossOf(layout, field, known, { series, fold });
  const isLong =
    layout.mark === "line" && (x.kind === "time" || x.kind === "number") && known.distinct * series > maxCells * 0.8;
  const parts = isLong ? Math.max(8, Math.min(600, Math.floor(maxCells / 4 / series))) : undefined;
  return { ...plan, dimensions: { ...around, x }, parts };
}

function planPoints(layout: Layout, facts: Facts<FieldRole>, plan: Plan): Plan {
  const { x, y, color } = layout;
  const pointRoom: Room = { ...room, numbers: Number.POSITIVE_INFINITY, exactTimes: true };
  const shade = color?.kind === "number" && (facts.of.color?.distinct ?? 0) > maxColors ? color : undefined;
  const rooms = { x: pointRoom, y: pointRoom, color: { ...colorRoom, fold: true }, facet: facetRoom };
  const pairs = dimensionsOf({ ...layout, color: shade === undefined ? color : undefined }, facts, rooms);
  const isThick = facts.rowCount > maxPoints;
  const isPlain = color === undefined && layout.facet === undefined;
  if (isThick && isPlain && x?.kind === "number" && y?.kind === "number" && facts.of.x && facts.of.y) {
    const dimensions = { x: inCells(x, facts.of.x, 70), y: inCells(y, facts.of.y, 45) };
    return { ...plan, dimensions, isDensity: true };
  }
  return { ...plan, kind: "pairs", dimensions: pairs, shade, sample: isThick ? maxPoints : undefined };
}

function inCells(field: Field, facts: FieldFacts, count: number): Dimension {
  const range = coreRange(facts);
  return binned(field, { ...niceBins(facts, range.ends[0], range.ends[1], count), isCut: range.isCut });
}

interface Around {
  series: number;
  fold: boolean;
}

function acrossOf(
  { mark, measure, facet }: Layout,
  field: Field,
  facts: FieldFacts,
  { series, fold }: Around,
): Dimension {
  const steps = Math.max(20, Math.min(400, Math.floor(maxCells / series)));
  const keep = Math.min(facet === undefined ? 60 : 12, steps);
  const bars = { ...room, keep: Math.min(room.keep, keep), steps: Math.min(room.steps, steps), fold };
  switch (mark) {
    case "histogram":
      return field.kind === "number" ? histogramBins(field, facts) : dimensionOf(field, facts, bars);
    case "arc":
      return dimensionOf(field, facts, { ...room, keep: 7, fold, numbers: 7, bins: 6, steps: 7 });
    case "line":
      return dimensionOf(field, facts, {
        ...room,
        keep,
        numbers: Number.POSITIVE_INFINITY,
        steps,
        exactTimes: measure?.isAssumed === true,
      });
    case "point":
      return dimensionOf(field, facts, { ...room, keep: 40, numbers: steps, bins: 100, steps });
    case "area":
      return dimensionOf(field, facts, { ...room, keep, numbers: steps, bins: Math.min(200, steps), steps });
    default:
      return dimensionOf(field, facts, bars);
  }
}

function dimensionsOf(
  layout: Pick<Layout, Role>,
  facts: Facts<FieldRole>,
  rooms: Partial<Record<Role, Room>>,
): Plan["dimensions"] {
  const dimensions: Plan["dimensions"] = {};
  for (const role of ["x", "y", "color", "facet"] as const) {
    const field = layout[role];
    const known = facts.of[role];
    if (field !== undefined && known !== undefined) dimensions[role] = dimensionOf(field, known, rooms[role] ?? room);
  }
  return dimensions;
}

/** How many lines or stacks there will be, about. */
function seriesCount(dimensions: Plan["dimensions"], facts: Facts<FieldRole>): number {
  const counts = (["color", "facet"] as const).map((role) => {
    const dimension = dimensions[role];
    const distinct = facts.of[role]?.distinct ?? 1;
    if (dimension === undefined) return 1;
    if (dimension.kind === "category") return Math.min(distinct + 1, dimension.keep + 1);
    return dimension.kind === "bins" ? dimension.bins.count : Math.min(distinct, maxFacets);
  });
  return counts.reduce((product, count) => product * Math.max(1, count), 1);
}

/** By the rule of Freedman and Diaconis, within what a picture can show. */
function histogramBins(field: Field, facts: FieldFacts): Dimension {
  const { quantiles, count, isInteger } = facts;
  const { ends, isCut } = coreRange(facts);
  const span = ends[1] - ends[0];
  if (isInteger && span <= 40) return binned(field, { low: ends[0], step: 1, count: span + 1, isWhole: true, isCut });
  const width = (2 * ((quantiles[2] ?? 0) - (quantiles[1] ?? 0))) / Math.cbrt(count);
  const wanted = width > 0 ? Math.max(10, Math.min(40, span / width)) : 20;
  return binned(field, { ...niceBins(facts, ends[0], ends[1], wanted), isCut });
}

/** @throws ToolError `invalid_input` where there is nothing to show */
export function checkValues({ mark, x, measure }: Layout, { rowCount, of }: Facts<FieldRole>): void {
  if (rowCount === 0)
    throw new ToolError("invalid_input", "there is nothing to draw: the source or the result of sql has no rows");
  for (const role of ["x", "y", "measure"] as const) {
    const facts = of[role];
    if (facts === undefined || facts.count > 0) continue;
    const field = role === "measure" ? measure?.field : x;
    if (role === "x" && field?.kind === "category") continue;
    const column = field?.encoding.column?.name ?? role;
    const what = facts.unusable > 0 ? "no numbers" : "nothing but nulls";
    throw new ToolError(
      "invalid_input",
      `the column '${column}' holds ${what}, so there is nothing to draw; name another, or use count()`,
    );
  }
  if (mark !== "arc" || measure === undefined) return;
  const { aggregate } = measure;
  if (aggregates[aggregate].isAdditive) return;
  throw new ToolError(
    "invalid_input",
    `an arc shows the parts of a whole, which ${aggregate} does not give; use sum, count, or mark bar`,
  );
}
