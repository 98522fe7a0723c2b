import type { JsonObject } from "../../../message.ts";
import { bandOf, continuousAxis, ends, legendLabels, namesBelow, numberLabels } from "../axes.ts";
import { groupFields, widthIn, type Scene, type View } from "../scene.ts";
import { colorChannel } from "../series.ts";
import { edgeOf } from "./ranges.ts";

const wide = 600;
const tall = 400;

/** One mark a row. */
export function drawPoints(scene: Scene): View {
  const { plan, rows } = scene;
  const [x, y] = [placeOf(scene, "x"), placeOf(scene, "y")];
  const count = rows.cells.length;
  const shade = plan.shade === undefined ? {} : shadeChannel(scene, plan.shade.title);
  return {
    rows: rows.cells.map((cell): JsonObject => ({
      x: x.row(cell.x),
      y: y.row(cell.y),
      ...groupFields(scene, cell),
      ...(plan.shade === undefined ? {} : { value: cell.value ?? null }),
    })),
    width: x.width ?? wide,
    height: y.width ?? tall,
    leastHeight: y.width ?? 140,
    sidePx: scene.plan.dimensions.color === undefined && plan.shade === undefined ? 60 : 170,
    unit: {
      mark: {
        type: "point",
        filled: true,
        size: count > 1_000 ? 16 : count > 200 ? 32 : 60,
        opacity: plan.shade !== undefined ? 0.85 : count > 1_000 ? 0.4 : count > 200 ? 0.6 : 0.8,
      },
      encoding: { x: x.channel, y: y.channel, ...colorChannel(scene, "circle"), ...shade },
    },
  };
}

interface Place {
  channel: JsonObject;
  row: (value: number | undefined) => JsonObject[string];
  /** In pixels, where the places need so much. */
  width?: number;
}

function placeOf(scene: Scene, role: "x" | "y"): Place {
  const dimension = scene.plan.dimensions[role];
  if (dimension === undefined) throw new Error(`points need ${role}`);
  if (dimension.kind === "number" || dimension.kind === "time") {
    const { axis, ...rest } = continuousAxis(dimension, scene.rows.cells, role);
    const grid = { ...(axis as JsonObject), grid: true };
    const scale = { ...(rest["scale"] as JsonObject | undefined), zero: false, nice: false, padding: 10 };
    return { channel: { field: role, ...rest, scale, axis: grid }, row: (value) => value ?? null };
  }
  const band = bandOf(scene, role);
  const width =
    role === "x" ? Math.min(640, Math.max(200, band.domain.length * 60)) : Math.max(120, band.domain.length * 26);
  const { type } = band;
  const room = widthIn(scene, width);
  const below = band.isNamed ? namesBelow(band, room) : band.axis(room);
  const axis = { title: band.title, grid: true, ...(role === "x" ? below : {}) };
  return { channel: { field: role, type, sort: null, scale: { domain: band.domain }, axis }, row: band.place, width };
}

function shadeChannel({ rows, theme }: Scene, title: string): JsonObject {
  const values = rows.cells.flatMap((cell) => cell.value ?? []);
  // The palest are for tiles, which lie close to each other.
  const range = theme.sequential.slice(2);
  return {
    color: {
      field: "value",
      type: "quantitative",
      scale: { range, interpolate: "lab" },
      legend: { title, ...numberLabels(title, values) },
    },
  };
}

/** How many rows lie where, when they are too many for a mark each. */
export function drawDensity(scene: Scene): View {
  const { plan, rows, theme } = scene;
  const { x, y } = plan.dimensions;
  if (x?.kind !== "bins" || y?.kind !== "bins") throw new Error("a density needs ranges");
  const edge = ({ bins }: typeof x, index = 0, add = 0) => edgeOf(bins, index + add);
  const axisOf = (dimension: typeof x) => {
    const domain = [edge(dimension, 0, 0), edge(dimension, dimension.bins.count, 0)];
    const axis = { title: dimension.title, tickCount: 7, grid: true, ...numberLabels(dimension.title, domain) };
    return { type: "quantitative", scale: { domain, nice: false, zero: false }, axis };
  };
  const [, most] = ends(rows.cells.map((cell) => cell.value ?? 0));
  const type = most > 30 ? "log" : "linear";
  const legend = { title: "Number of rows", ...legendLabels([most]), tickCount: 4 };
  return {
    rows: rows.cells.map((cell): JsonObject => ({
      x: edge(x, cell.x, 0),
      x2: edge(x, cell.x, 1),
      y: edge(y, cell.y, 0),
      y2: edge(y, cell.y, 1),
      value: cell.value ?? null,
    })),
    width: wide,
    height: tall,
    leastHeight: 140,
    sidePx: 170,
    unit: {
      mark: { type: "rect", strokeWidth: 0 },
      encoding: {
        x: { field: "x", ...axisOf(x) },
        x2: { field: "x2" },
        y: { field: "y", ...axisOf(y) },
        y2: { field: "y2" },
        color: {
          field: "value",
          type: "quantitative",
          scale: { type, domain: [1, Math.max(2, most)], range: theme.sequential.slice(1), interpolate: "lab" },
          legend,
        },
      },
    },
  };
}
