import type { JsonObject } from "../../message.ts";
import { aggregates } from "./encoding.ts";
import { orderOf, totals, type Scene } from "./scene.ts";

/** The colour of each series, and its legend; nothing where there is one series only. */
export function colorChannel(scene: Scene, symbol: "square" | "stroke" | "circle" = "square"): JsonObject {
  const dimension = scene.plan.dimensions.color;
  if (dimension === undefined) return {};
  const { domain, range } = seriesColors(scene);
  const legend = { title: dimension.title, symbolType: symbol, symbolStrokeWidth: symbol === "stroke" ? 3 : 0 };
  return { color: { field: "color", type: "nominal", scale: { domain, range }, legend } };
}

export function seriesColors(scene: Scene): { domain: string[]; range: string[] } {
  const sizes = totals(scene, "color");
  const { names, other } = orderOf(scene, "color", (name) => sizes.get(name) ?? 0);
  const { palette, other: grey } = scene.theme;
  const range = names.map((_, index) => palette[index % palette.length] ?? grey);
  return other === undefined ? { domain: names, range } : { domain: [...names, other], range: [...range, grey] };
}

export function firstColor({ theme }: Scene): string {
  return theme.palette[0] ?? theme.ink;
}

/** How series share one place: on each other where their sum means something, in the order of the legend. */
export interface Stack {
  /** Of the measured channel. */
  channel: JsonObject;
  /** Of the encoding. */
  order: JsonObject;
  /** Of each row, by its other fields. */
  field: (fields: JsonObject) => JsonObject;
}

export function stackOf(scene: Scene): Stack {
  if (!isStacked(scene)) return { channel: { stack: null }, order: {}, field: () => ({}) };
  const place = new Map(seriesColors(scene).domain.map((name, index) => [name, index]));
  return {
    channel: { stack: "zero" },
    order: { order: { field: "order", type: "quantitative" } },
    field: ({ color }) => ({ order: place.get(String(color)) ?? place.size }),
  };
}

export function isStacked({ plan, layout }: Scene): boolean {
  const isAdditive = layout.measure === undefined || aggregates[layout.measure.aggregate].isAdditive;
  return plan.dimensions.color !== undefined && isAdditive;
}
