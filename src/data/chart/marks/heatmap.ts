import type { JsonObject } from "../../../message.ts";
import { bandOf, ends, legendLabels, namesBelow, type Band } from "../axes.ts";
import { aggregates } from "../encoding.ts";
import { digitsWithin, shortNumber } from "../numbers.ts";
import { groupFields, widthIn, type Scene, type View } from "../scene.ts";
import { roughWidth } from "../words.ts";

const labelSize = 11.5;

export function drawHeatmap(scene: Scene): View {
  const { rows, valueTitle, plan } = scene;
  const [x, y] = [bandOf(scene, "x"), bandOf(scene, "y")];
  const values = rows.cells.flatMap((cell) => cell.value ?? []);
  const digits = digitsWithin(...ends(values));
  const labels = rows.cells.map((cell) => (cell.value === undefined ? "" : shortNumber(cell.value, digits)));
  const size = sizeOf(x, y);
  const widest = Math.max(0, ...labels.map((label) => roughWidth(label, labelSize)));
  const isLabelled = plan.dimensions.facet === undefined && widest + 6 <= size.width / x.domain.length;
  const { scale, isStrong } = shades(scene, values);
  const color = {
    field: "value",
    type: "quantitative",
    scale,
    legend: { title: valueTitle, ...legendLabels(values) },
  };
  const tiles = { mark: { type: "rect" }, encoding: { color } };
  const encoding = { x: channel("x", x, widthIn(scene, size.width)), y: channel("y", y, size.height) };
  return {
    rows: rows.cells.map((cell, index): JsonObject => ({
      x: x.place(cell.x),
      y: y.place(cell.y),
      value: cell.value ?? null,
      ...groupFields(scene, cell),
      ...(isLabelled ? { label: labels[index] ?? "", strong: isStrong(cell.value ?? 0) } : {}),
    })),
    ...size,
    leastHeight: y.domain.length * 16,
    sidePx: Math.min(230, y.labelWidth) + 120,
    unit: isLabelled ? { encoding, layer: [tiles, numbersOf(scene)] } : { ...tiles, encoding: { ...encoding, color } },
  };
}

function sizeOf(x: Band, y: Band): { width: number; height: number } {
  return {
    width: Math.min(
      680,
      Math.max(160, x.domain.length * Math.max(56, x.isNamed ? Math.min(130, x.labelWidth + 16) : 0)),
    ),
    height: Math.min(560, Math.max(90, y.domain.length * (y.domain.length > 14 ? 24 : 32))),
  };
}

function channel(role: "x" | "y", band: Band, lengthPx: number): JsonObject {
  const { type } = band;
  // Numbers and times grow upwards; names are read from the top.
  const domain = role === "y" && !band.isNamed ? band.domain.toReversed() : band.domain;
  const below = band.isNamed ? namesBelow(band, lengthPx) : band.axis(lengthPx);
  const axis = { title: band.title, ...(role === "x" ? below : stacked(band, lengthPx)) };
  return { field: role, type, sort: null, scale: { domain, padding: 0.04 }, axis };
}

/** Labels above each other: one line each. */
function stacked(band: Band, lengthPx: number): JsonObject {
  const { labelExpr, values } = band.axis((lengthPx / 18) * (band.labelWidth + 10));
  return {
    ...(Array.isArray(values) ? { values } : {}),
    ...(labelExpr === undefined ? {} : { labelExpr: `join(slice([${String(labelExpr)}], 0), ' ')` }),
  };
}

/** From few to many, or from negative to positive with the middle at zero. */
function shades({ theme, layout }: Scene, values: readonly number[]) {
  const isPart = layout.measure === undefined || aggregates[layout.measure.aggregate].isAdditive;
  const [low, high] = ends(values);
  if (low < 0 && high > 0) {
    const size = Math.max(-low, high);
    const scale: JsonObject = { domain: [-size, size], range: [...theme.diverging], interpolate: "lab" };
    return { scale, isStrong: (value: number) => Math.abs(value) > size * 0.6 };
  }
  const look = { range: [...theme.sequential], interpolate: "lab" };
  if (low > 0 && high > 30 * median(values)) {
    const scale: JsonObject = { ...look, type: "log", domain: [low, high] };
    return { scale, isStrong: (value: number) => Math.log(value / low) > 0.5 * Math.log(high / low) };
  }
  const from = isPart && low >= 0 && low < high * 0.5 ? 0 : low;
  const scale: JsonObject = { ...look, domain: [from, high] };
  return { scale, isStrong: (value: number) => (value - from) / (high - from || 1) > 0.5 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Dark on light tiles, light on dark ones. */
function numbersOf({ theme }: Scene): JsonObject {
  const color = { condition: { test: "datum.strong", value: theme.background }, value: theme.ink };
  return {
    mark: { type: "text", fontSize: labelSize },
    encoding: { text: { field: "label", type: "nominal" }, color },
  };
}
