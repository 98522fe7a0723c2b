import type { JsonObject } from "../../../message.ts";
import { ToolError } from "../../../errors.ts";
import { shortNumber } from "../numbers.ts";
import { nameOf, orderOf, totals, type Order, type Scene, type View } from "../scene.ts";

const outer = 135;
const inner = 78;
/** Narrower slices have no room for a number beside them; the legend has it. */
const labelledShare = 0.035;

/** A ring of shares, the largest first, with the whole in its middle. */
export function drawArc(scene: Scene): View {
  const slices = slicesOf(scene);
  const domain = slices.map(({ entry }) => entry);
  const range = slices.map(({ color }) => color);
  const { theme, valueTitle } = scene;
  const total = slices.reduce((sum, { value }) => sum + value, 0);
  const legend = { title: scene.plan.dimensions.x?.title ?? "", labelLimit: 300, symbolType: "circle" };
  const color = { field: "color", type: "nominal", sort: null, scale: { domain, range }, legend };
  const label = { align: { expr: "datum.side" }, baseline: "middle", fontSize: 12, fill: theme.ink };
  return {
    rows: slices.map(({ entry, value, share, side }, order): JsonObject => {
      return { color: entry, value, order, side, label: share >= labelledShare ? percent(share) : "" };
    }),
    width: 350,
    height: 310,
    leastHeight: 310,
    sidePx: 170,
    unit: {
      encoding: {
        theta: { field: "value", type: "quantitative", stack: true },
        order: { field: "order", type: "quantitative" },
      },
      layer: [
        {
          mark: { type: "arc", innerRadius: inner, outerRadius: outer, stroke: theme.background, strokeWidth: 2 },
          encoding: { color },
        },
        {
          mark: { type: "text", radius: outer + 12, ...label },
          encoding: { text: { field: "label", type: "nominal" } },
        },
        centred(shortNumber(total), { fontSize: 24, fontWeight: 600, fill: theme.ink, dy: -6 }),
        centred(valueTitle, { fontSize: 11.5, fill: theme.softInk, dy: 15, limit: inner * 2 - 18 }),
      ],
    },
  };
}

interface Slice {
  /** In the legend. */
  entry: string;
  value: number;
  share: number;
  color: string;
  /** Which end of its label is at the ring. */
  side: string;
}

function slicesOf(scene: Scene): Slice[] {
  checkParts(scene);
  const { palette, other: grey } = scene.theme;
  const sizes = totals(scene, "x");
  const whole = [...sizes.values()].reduce((sum, value) => sum + value, 0);
  if (whole === 0) {
    throw new ToolError("invalid_input", "all parts of the whole are 0, so there is nothing to draw; use mark bar");
  }
  const { names, other } = namesOf(scene, sizes);
  let turn = 0;
  return [...names, ...(other === undefined ? [] : [other])].map((name, index) => {
    const value = sizes.get(name) ?? 0;
    const share = value / whole;
    turn += share;
    const color = name === other ? grey : (palette[index % palette.length] ?? grey);
    const entry = share >= labelledShare ? name : `${name} (${percent(share)})`;
    return { entry, value, share, color, side: sideOf(turn - share / 2) };
  });
}

function checkParts({ rows, layout }: Scene): void {
  if (rows.cells.every(({ value = 0 }) => value >= 0)) return;
  const column = layout.measure?.field.encoding.column?.name ?? "";
  throw new ToolError("invalid_input", `some sums of '${column}' are negative, which an arc cannot show; use mark bar`);
}

function namesOf(scene: Scene, sizes: ReadonlyMap<string, number>): Order {
  if (scene.plan.dimensions.x?.kind === "category") return orderOf(scene, "x", (name) => sizes.get(name) ?? 0);
  const values = [...new Set(scene.rows.cells.map(({ x }) => x ?? 0))].toSorted((a, b) => a - b);
  return { names: values.map((value) => nameOf(scene, "x", value)), other: undefined };
}

function centred(text: string, look: JsonObject): JsonObject {
  return {
    data: { values: [{ text }] },
    mark: { type: "text", align: "center", baseline: "middle", radius: 0, theta: 0, ...look },
    encoding: { text: { field: "text", type: "nominal" }, theta: { value: 0 }, order: { value: 0 } },
  };
}

function sideOf(turn: number): string {
  const sine = Math.sin(turn * 2 * Math.PI);
  return Math.abs(sine) < 0.25 ? "center" : sine > 0 ? "left" : "right";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;
}
