import type { JsonObject } from "../../../message.ts";
import { bandOf, namesBelow, valueAxis, type Band } from "../axes.ts";
import { nearOutliers, type Box, type Cell } from "../chart-rows.ts";
import { groupFields, nameOf, widthIn, type Scene, type View } from "../scene.ts";
import { colorChannel, firstColor, seriesColors } from "../series.ts";

const wide = 640;
const tall = 380;

/** From the first to the third quarter, a line at the median, whiskers to the last values within 1.5 of that range. */
export function drawBoxes(scene: Scene): View {
  const { rows, plan, layout } = scene;
  const hasNames = plan.dimensions.x !== undefined;
  const band = hasNames ? byMedian(scene) : alone;
  const series = plan.dimensions.color === undefined ? [] : seriesColors(scene).domain;
  const count = band.domain.length;
  const isFlat = !hasNames || layout.isHorizontal || (band.isNamed && band.labelWidth + 16 > wide / count);
  const each = Math.max(isFlat ? 34 : Math.max(90, band.labelWidth + 18), series.length * (isFlat ? 18 : 30));
  const size = isFlat
    ? { width: 540, height: Math.max(70, count * each) }
    : { width: Math.min(wide, Math.max(180, count * each)), height: tall };
  const room = widthIn(scene, size.width);
  const below = band.isNamed ? namesBelow(band, room) : band.axis(room);
  const axis = hasNames ? { title: band.title, ...(isFlat ? {} : below) } : null;
  const place = { field: "x", type: band.type, sort: null, scale: { domain: band.domain, padding: 0.25 }, axis };
  const beside = { field: "color", type: "nominal", sort: null, scale: { domain: series, paddingInner: 0.15 } };
  const offset = series.length > 0 ? { [isFlat ? "yOffset" : "xOffset"]: beside } : {};
  const lanes = count * Math.max(1, series.length);
  const leastHeight = isFlat ? Math.max(count * 20, lanes * 14) : 110;
  const hasFacets = plan.dimensions.facet !== undefined;
  const lengthPx = !isFlat ? widthIn(scene, size.width) : hasFacets ? leastHeight : size.height;
  const thickness = Math.max(4, Math.min(42, (lengthPx * 0.6) / lanes));
  const near = nearOutliers(rows);
  return {
    rows: [...rows.boxes.map((box) => boxRow(scene, box, band)), ...near.map((cell) => outlierRow(scene, cell, band))],
    ...size,
    leastHeight,
    sidePx: (isFlat ? Math.min(230, band.labelWidth) : 50) + (series.length > 0 ? 130 : 10),
    unit: {
      encoding: { [isFlat ? "y" : "x"]: place, ...offset },
      layer: layersOf(scene, { channel: isFlat ? "x" : "y", thickness, near }),
    },
  };
}

interface LayerOptions {
  /** Along which the values lie. */
  channel: "x" | "y";
  thickness: number;
  near: readonly Cell[];
}

function layersOf(scene: Scene, { channel, thickness, near }: LayerOptions): JsonObject[] {
  const { rows, theme, valueTitle, plan } = scene;
  const values = [...rows.boxes.flatMap(({ low, high }) => [low, high]), ...near.flatMap(({ value }) => value ?? [])];
  const axis = valueAxis(scene, valueTitle, values);
  const at = (field: string) => ({ [channel]: { field, type: "quantitative", scale: { zero: false, nice: 5 }, axis } });
  const to = (field: string) => ({ [`${channel}2`]: { field } });
  const color = plan.dimensions.color === undefined ? { color: { value: firstColor(scene) } } : colorChannel(scene);
  const only = (filter: string) => [{ filter }];
  const tick = { type: "tick", thickness: 2.5, opacity: 1, size: thickness };
  return [
    {
      transform: only("datum.kind == 'box'"),
      mark: { type: "rule", strokeWidth: 1.4 },
      encoding: { ...at("low"), ...to("high"), ...color },
    },
    {
      transform: only("datum.kind == 'box'"),
      mark: { type: "bar", size: thickness, cornerRadius: 2 },
      encoding: { ...at("q1"), ...to("q3"), ...color },
    },
    {
      transform: only("datum.kind == 'box' && datum.q1 < datum.q3"),
      mark: { ...tick, color: theme.background },
      encoding: at("median"),
    },
    // A box without height is its median alone.
    {
      transform: only("datum.kind == 'box' && datum.q1 == datum.q3"),
      mark: tick,
      encoding: { ...at("median"), ...color },
    },
    {
      transform: only("datum.kind == 'outlier'"),
      mark: { type: "point", filled: true, size: 16, opacity: 0.6 },
      encoding: { ...at("value"), ...color },
    },
  ];
}

function boxRow(scene: Scene, box: Box, { place }: Band): JsonObject {
  const { low, q1, median, q3, high } = box;
  return { kind: "box", x: place(box.x), low, q1, median, q3, high, ...groupFields(scene, box) };
}

function outlierRow(scene: Scene, cell: Cell, { place }: Band): JsonObject {
  return { kind: "outlier", x: place(cell.x), value: cell.value ?? null, ...groupFields(scene, cell) };
}

const alone: Band = {
  domain: [""],
  type: "nominal",
  place: () => "",
  title: "",
  labelWidth: 0,
  isNamed: true,
  axis: () => ({}),
};

/** Names without an order of their own by their median, the highest first. */
function byMedian(scene: Scene): Band {
  const highest = new Map<number | undefined, Box>();
  for (const box of scene.rows.boxes) {
    const known = highest.get(box.x);
    if (known === undefined || box.median > known.median) highest.set(box.x, box);
  }
  const band = bandOf({ ...scene, rows: { ...scene.rows, cells: [...highest.values()] } }, "x");
  return band.isNamed ? { ...band, place: (value) => nameOf(scene, "x", value) } : band;
}
