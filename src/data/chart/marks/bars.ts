import type { JsonObject } from "../../../message.ts";
import { bandOf, ends, valueAxis, type Band } from "../axes.ts";
import { shortNumbers } from "../numbers.ts";
import { dwarfs, groupFields, widthIn, type Scene, type View } from "../scene.ts";
import { colorChannel, firstColor, isStacked, seriesColors, stackOf } from "../series.ts";

const wide = 640;
const tall = 360;
const labelLimit = 230;

/** Bars of names, of steps of time or of single numbers. */
export function drawBars(scene: Scene): View {
  const bars = barsOf(withoutDwarfing(scene));
  const { band, isFlat, isLabelled, hasFacets } = bars;
  const size = sizeOf(bars);
  const labels = isFlat ? {} : band.axis(widthIn(bars.scene, size.width));
  const place = {
    field: "x",
    type: band.type,
    sort: null,
    scale: { domain: band.domain, paddingInner: 0.25, paddingOuter: band.domain.length > 3 ? 0.1 : 0.3 },
    axis: { title: isFlat && hasFacets ? null : band.title, ...labels },
  };
  const [along, up, offset] = isFlat ? ["y", "x", "yOffset"] : ["x", "y", "xOffset"];
  const encoding = { [along]: place, [up]: measureOf(bars) };
  const mark = { type: "bar", ...(isFlat || !isStacked(bars.scene) ? { cornerRadiusEnd: 2 } : {}) };
  const look = { ...besideEachOther(bars, offset), ...colorsOf(bars.scene), ...stackOf(bars.scene).order };
  return {
    rows: rowsOf(bars),
    ...size,
    leastHeight: isFlat ? band.domain.length * 17 : 110,
    sidePx:
      (isFlat ? Math.min(labelLimit, band.labelWidth) : 50) +
      (bars.scene.plan.dimensions.color === undefined ? 0 : 130),
    unit: isLabelled
      ? { encoding, layer: [{ mark, encoding: look }, numbersOf(isFlat)] }
      : { mark, encoding: { ...encoding, ...look } },
  };
}

interface Bars {
  scene: Scene;
  band: Band;
  /** Bars lie where names are too long to stand under them. */
  isFlat: boolean;
  isLabelled: boolean;
  hasFacets: boolean;
  /** How many stand side by side in one place. */
  beside: number;
}

function barsOf(scene: Scene): Bars {
  const { plan, layout } = scene;
  const band = bandOf(scene, "x");
  const count = band.domain.length;
  const hasFacets = plan.dimensions.facet !== undefined;
  const isTight = band.labelWidth + 16 > (hasFacets ? wide / 2.5 : wide) / count || count > 16;
  const isFlat = layout.isHorizontal || (band.isNamed && isTight);
  const isAlone = plan.dimensions.color === undefined && !hasFacets;
  const beside = plan.dimensions.color !== undefined && !isStacked(scene) ? seriesColors(scene).domain.length : 1;
  return { scene, band, isFlat, hasFacets, beside, isLabelled: isAlone && count <= (isFlat ? 31 : 13) };
}

function withoutDwarfing(scene: Scene): Scene {
  if (dwarfs(scene) === undefined) return scene;
  return { ...scene, rows: { ...scene.rows, cells: scene.rows.cells.filter(({ x }) => x !== 0) } };
}

function rowsOf({ scene, band, isLabelled }: Bars): JsonObject[] {
  const stack = stackOf(scene);
  const labels = shortNumbers(scene.rows.cells.map(({ value = 0 }) => value));
  return scene.rows.cells.map((cell, index) => {
    const fields = groupFields(scene, cell);
    return {
      x: band.place(cell.x),
      value: cell.value ?? null,
      ...fields,
      ...stack.field(fields),
      ...(isLabelled ? { label: labels[index] ?? "" } : {}),
      ...(hasFolded(scene) ? { other: cell.x === 0 } : {}),
    };
  });
}

/** Where each bar has its number, the axis need not say it again. */
function measureOf({ scene, isLabelled }: Bars): JsonObject {
  const values = scene.rows.cells.flatMap((cell) => cell.value ?? []);
  const axis = valueAxis(scene, scene.valueTitle, values);
  const shared = { field: "value", type: "quantitative", ...stackOf(scene).channel };
  if (!isLabelled) return { ...shared, scale: { zero: true, nice: 5 }, axis };
  return { ...shared, scale: { domain: roomFor(values), nice: false }, axis: { ...axis, labels: false, grid: false } };
}

/** Room for the numbers of bars that reach below zero: names would stand in the same place. */
function roomFor(values: readonly number[]): number[] {
  const [low, high] = ends(values);
  const span = Math.max(high, 0) - Math.min(low, 0) || 1;
  return [low < 0 ? low - span * 0.1 : 0, high > 0 || low < 0 ? Math.max(high, 0) : 1];
}

/** Bars of names are as thick as a line of text needs, others share the width there is. */
function sizeOf({ band, isFlat, beside }: Bars): { width: number; height: number } {
  const count = band.domain.length;
  if (isFlat) {
    const each = Math.max(count > 12 ? 22 : 30, beside * 10 + 6);
    return { width: 520, height: Math.min(1_200, Math.max(56, count * each)) };
  }
  const each = Math.max(band.isNamed || count <= 8 ? 76 : 44, beside * 22, Math.min(200, band.labelWidth + 18));
  return { width: Math.min(wide, Math.max(140, count * each)), height: tall };
}

function besideEachOther({ scene, beside }: Bars, channel: string): JsonObject {
  if (beside <= 1) return {};
  const scale = { domain: seriesColors(scene).domain };
  return { [channel]: { field: "color", type: "nominal", sort: null, scale } };
}

/** The value at the end of each bar, on the outer side of it. */
function numbersOf(isFlat: boolean): JsonObject {
  const flat = { align: { expr: "datum.value < 0 ? 'right' : 'left'" }, dx: { expr: "datum.value < 0 ? -5 : 5" } };
  const upright = {
    baseline: { expr: "datum.value < 0 ? 'top' : 'bottom'" },
    dy: { expr: "datum.value < 0 ? 5 : -5" },
  };
  const sides = isFlat ? { ...flat, baseline: "middle" } : { ...upright, align: "center" };
  return { mark: { type: "text", ...sides }, encoding: { text: { field: "label", type: "nominal" } } };
}

/** What is folded into one is not one of the others. */
function colorsOf(scene: Scene): JsonObject {
  if (!hasFolded(scene) || scene.plan.dimensions.color !== undefined) return colorChannel(scene);
  return { color: { condition: { test: "datum.other", value: scene.theme.other }, value: firstColor(scene) } };
}

function hasFolded({ rows, plan }: Scene): boolean {
  return plan.dimensions.x?.kind === "category" && rows.cells.some((cell) => cell.x === 0);
}
