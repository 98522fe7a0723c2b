import type { JsonObject } from "../../../message.ts";
import { numberLabels, valueAxis } from "../axes.ts";
import type { Bins } from "../dimension.ts";
import { shortNumber } from "../numbers.ts";
import { groupFields, widthIn, type Scene, type View } from "../scene.ts";
import { colorChannel, stackOf } from "../series.ts";
import { roughWidth } from "../words.ts";

const wide = 640;
const tall = 360;

/** Bars over ranges of numbers touch each other, as what they stand for does. */
export function drawRanges(scene: Scene): View {
  const { plan, rows, valueTitle } = scene;
  const x = plan.dimensions.x;
  if (x?.kind !== "bins") throw new Error("bars over ranges need ranges");
  const { step, count } = x.bins;
  const stack = stackOf(scene);
  const values = rows.cells.flatMap((cell) => cell.value ?? []);
  const domain = [edgeOf(x.bins, 0), edgeOf(x.bins, count)];
  const ticks = edgesThatFit(x.bins, widthIn(scene, wide));
  const across = {
    field: "x",
    type: "quantitative",
    bin: { binned: true, step },
    scale: { domain, nice: false },
    axis: { title: x.title, values: ticks, ...numberLabels(x.title, domain) },
  };
  const axis = valueAxis(scene, valueTitle, values);
  const up = { field: "value", type: "quantitative", ...stack.channel, scale: { nice: 5 }, axis };
  return {
    rows: rows.cells.map((cell): JsonObject => {
      const fields = groupFields(scene, cell);
      const [from, to] = [edgeOf(x.bins, cell.x ?? 0), edgeOf(x.bins, (cell.x ?? 0) + 1)];
      return { x: from, x2: to, value: cell.value ?? null, ...fields, ...stack.field(fields) };
    }),
    width: wide,
    height: tall,
    leastHeight: 90,
    sidePx: plan.dimensions.color === undefined ? 60 : 190,
    unit: {
      mark: { type: "bar", binSpacing: count > 80 ? 0 : 1 },
      encoding: { x: across, x2: { field: "x2" }, y: up, ...colorChannel(scene), ...stack.order },
    },
  };
}

/** Without the digits that adding up leaves behind: 0.3, not 0.30000000000000004. */
export function edgeOf({ low, step }: Bins, index: number): number {
  return Number((low + index * step).toPrecision(12));
}

function edgesThatFit(bins: Bins, widthPx: number): number[] {
  const edges = Array.from({ length: bins.count + 1 }, (_, index) => edgeOf(bins, index));
  const widest = Math.max(...edges.map((value) => roughWidth(shortNumber(value), 12)));
  const nth = Math.max(1, Math.ceil((edges.length * (widest + 12)) / widthPx));
  return edges.filter((_, index) => index % nth === 0);
}
