import type { JsonObject, JsonValue } from "../../../message.ts";
import { bandOf, continuousAxis, ends, namesBelow, valueAxis } from "../axes.ts";
import { groupFields, widthIn, type Scene, type View } from "../scene.ts";
import { colorChannel, firstColor, isStacked, stackOf } from "../series.ts";
import { edgeOf } from "./ranges.ts";

const wide = 640;
const tall = 340;

/** Lines and areas along numbers, times or names. */
export function drawLines(scene: Scene): View {
  const { layout, plan, rows, valueTitle } = scene;
  const isArea = layout.mark === "area";
  const across = acrossOf(scene);
  // Lines lie over each other: only areas are laid on each other.
  const stack = isArea ? stackOf(scene) : { channel: { stack: null }, order: {}, field: () => ({}) };
  const values = rows.cells.flatMap((cell) => cell.value ?? []);
  const y = {
    field: "value",
    type: "quantitative",
    ...stack.channel,
    scale: { zero: isArea || reachesZero(values), nice: 5 },
    axis: valueAxis(scene, valueTitle, values),
  };
  return {
    rows: rows.cells.map((cell): JsonObject => {
      const fields = groupFields(scene, cell);
      return { x: across.place(cell.x), value: cell.value ?? null, ...fields, ...stack.field(fields) };
    }),
    width: wide,
    height: tall,
    leastHeight: 110,
    sidePx: plan.dimensions.color === undefined ? 60 : 190,
    unit: {
      mark: isArea ? areaMark(scene) : lineMark(scene),
      encoding: { x: across.channel, y, ...colorChannel(scene, isArea ? "square" : "stroke"), ...stack.order },
    },
  };
}

/** One value a place: a dot for each; names are read from the side. */
export function drawDots(scene: Scene): View {
  const { unit, ...view } = drawLines(scene);
  const { x, y } = unit["encoding"] as { x: JsonObject; y: JsonObject };
  const mark = { type: "point", filled: true, size: 60, opacity: 0.9, color: firstColor(scene) };
  const color = colorChannel(scene, "circle");
  if (scene.plan.dimensions.x?.kind !== "category") return { ...view, unit: { mark, encoding: { x, y, ...color } } };
  const { title, domain, labelWidth } = bandOf(scene, "x");
  const across = { ...x, axis: { title, grid: true } };
  return {
    ...view,
    width: 520,
    height: Math.max(70, domain.length * 28),
    leastHeight: domain.length * 18,
    sidePx: Math.min(230, labelWidth) + 40,
    unit: { mark, encoding: { x: y, y: across, ...color } },
  };
}

interface Across {
  channel: JsonObject;
  place: (value: number | undefined) => JsonValue;
}

function acrossOf(scene: Scene): Across {
  const { x } = scene.plan.dimensions;
  if (x === undefined) throw new Error("a line needs x");
  if (x.kind === "category") return names(scene);
  if (x.kind !== "bins")
    return { channel: edgeToEdge(continuousAxis(x, scene.rows.cells, "x")), place: (at) => at ?? null };
  const middle = (index = 0) => edgeOf(x.bins, index + 0.5);
  const cells = scene.rows.cells.map((cell) => ({ ...cell, x: middle(cell.x) }));
  const axis = continuousAxis({ kind: "number", sql: x.sql, title: x.title }, cells, "x");
  return { channel: edgeToEdge(axis), place: middle };
}

function edgeToEdge({ scale, ...rest }: JsonObject): JsonObject {
  return { field: "x", ...rest, scale: { ...(scale as JsonObject | undefined), zero: false, nice: false } };
}

function names(scene: Scene): Across {
  const band = bandOf(scene, "x");
  const scale = { domain: band.domain, type: "point", padding: 0.3 };
  const axis = { title: band.title, ...namesBelow(band, widthIn(scene, wide)) };
  return { channel: { field: "x", type: "nominal", sort: null, scale, axis }, place: band.place };
}

function lineMark(scene: Scene): JsonObject {
  const perSeries = scene.rows.cells.length / Math.max(1, scene.rows.names.color?.labels.length ?? 1);
  const point = perSeries <= 25 ? { point: { filled: true, size: 36 } } : {};
  return { type: "line", strokeWidth: perSeries > 300 ? 1.2 : 2.2, strokeJoin: "round", ...point };
}

function areaMark(scene: Scene): JsonObject {
  if (isStacked(scene)) return { type: "area", opacity: 0.92 };
  const hasSeries = scene.plan.dimensions.color !== undefined;
  return { type: "area", opacity: 0.3, line: { strokeWidth: 2, ...(hasSeries ? {} : { color: firstColor(scene) }) } };
}

/** A line may begin above zero where its movement would not be seen otherwise. */
function reachesZero(values: readonly number[]): boolean {
  const [low, high] = ends(values);
  return low >= 0 ? low < high * 0.4 : high <= 0 && high > low * 0.4;
}
