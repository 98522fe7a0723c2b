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
  // A range of one whole number is that number: it stands in the middle of its bar.
  const isSingle = x.bins.isWhole && step === 1;
  const from = isSingle ? -0.5 : 0;
  const domain = [edgeOf(x.bins, from), edgeOf(x.bins, count + from)];
  const ticks = edgesThatFit(x.bins, isSingle ? count : count + 1, widthIn(scene, wide));
  const across = {
    field: "x",
    type: "quantitative",
    bin: { binned: true, step },
    scale: { domain, nice: false },
    axis: { title: x.title, values: ticks, ...numberLabels(x.title, ticks) },
  };
  const axis = valueAxis(scene, valueTitle, values);
  const up = { field: "value", type: "quantitative", ...stack.channel, scale: { nice: 5 }, axis };
  return {
    rows: rows.cells.map((cell): JsonObject => {
      const fields = groupFields(scene, cell);
      const at = (cell.x ?? 0) + from;
      return {
        x: edgeOf(x.bins, at),
        x2: edgeOf(x.bins, at + 1),
        value: cell.value ?? null,
        ...fields,
        ...stack.field(fields),
      };
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

/** All edges, or round ones of them: steps of 1, 2 or 5, as of the ranges themselves, never of 3. */
function edgesThatFit(bins: Bins, count: number, widthPx: number): number[] {
  const edges = Array.from({ length: count }, (_, index) => edgeOf(bins, index));
  const widest = Math.max(...edges.map((value) => roughWidth(shortNumber(value), 12)));
  const least = (count * (widest + 12)) / widthPx;
  const leading = Math.round(bins.step / 10 ** Math.floor(Math.log10(bins.step)));
  const nth = [1, 2, 4, 5, 10, 20, 40, 50, 100].find((steps) => steps >= least && isRound(leading * steps)) ?? 200;
  const first = Math.round(bins.low / bins.step);
  return edges.filter((_, index) => (first + index) % nth === 0);
}

function isRound(step: number): boolean {
  return [1, 2, 5].includes(step / 10 ** Math.floor(Math.log10(step)));
}
