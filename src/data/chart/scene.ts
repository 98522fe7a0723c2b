import type { JsonObject } from "../../message.ts";
import type { ChartRows } from "./chart-rows.ts";
import { valueLabel } from "./dimension.ts";
import type { FieldFacts } from "./facts.ts";
import type { Layout } from "./layout.ts";
import type { Plan } from "./plan.ts";
import type { Role } from "./request.ts";
import type { Theme } from "./theme.ts";
import { naturalOrder } from "./words.ts";

/** Everything that a picture is made of. */
export interface Scene {
  layout: Layout;
  plan: Plan;
  rows: ChartRows;
  facts: Partial<Record<Role | "measure", FieldFacts>>;
  /** Of what is measured. */
  valueTitle: string;
  theme: Theme;
}

/** One view of vega-lite, or the parts that lie over each other in one. */
export interface View {
  unit: JsonObject;
  rows: JsonObject[];
  width: number;
  height: number;
  /** In pixels, where the view is one of many. */
  leastHeight: number;
  /** What stands beside the view, in pixels, about. */
  sidePx: number;
}

/** The names along a role in the order to show them in, what is folded last. */
export interface Order {
  names: string[];
  /** What the folded ones are called; undefined where there are none. */
  other: string | undefined;
}

/** In an order of their own where they have one, else the largest first; facets and series by size. */
export function orderOf(scene: Scene, role: Role, size?: (name: string) => number): Order {
  const names = scene.rows.names[role];
  const dimension = scene.plan.dimensions[role];
  if (names === undefined || dimension === undefined) return { names: [], other: undefined };
  const natural = dimension.kind === "category" ? naturalOrder(names.labels) : undefined;
  const ordered =
    natural !== undefined
      ? names.labels.toSorted(natural)
      : size !== undefined && dimension.kind === "category"
        ? names.labels.toSorted((a, b) => size(b) - size(a))
        : names.labels;
  return { names: ordered, other: hasOther(scene, role) ? otherName(names.total - names.labels.length) : undefined };
}

function hasOther(scene: Scene, role: Role): boolean {
  const dimension = scene.plan.dimensions[role];
  const isFolded =
    dimension?.kind === "category" && dimension.fold && scene.rows.cells.some((cell) => cell[role] === 0);
  return isFolded && !(role === "x" && dwarfs(scene) !== undefined);
}

/** One bar for very many categories would leave nothing to see of the others: it is told in words then. */
export function dwarfs({ layout, plan, rows }: Scene): { folded: number; total: number } | undefined {
  if (layout.mark !== "bar" || plan.dimensions.x?.kind !== "category") return undefined;
  const sizes = new Map<number | undefined, number>();
  for (const { x, value = 0 } of rows.cells) sizes.set(x, (sizes.get(x) ?? 0) + value);
  const folded = sizes.get(0) ?? 0;
  sizes.delete(0);
  const shown = [...sizes.values()];
  const largest = Math.max(...shown.map(Math.abs));
  const total = shown.reduce((sum, value) => sum + value, folded);
  return Math.abs(folded) > largest * 1.5 ? { folded, total } : undefined;
}

function otherName(count: number): string {
  return `${count.toLocaleString("en")} others`;
}

const panelWidths = [0, 520, 320, 250, 210];

/** How many small views stand side by side, and how wide each may be. */
export function panelsOf({ rows }: Scene): { columns: number; widthPx: number } {
  const count = rows.names.facet?.labels.length ?? 1;
  const columns = count <= 4 ? Math.min(2, count) : count <= 9 ? 3 : 4;
  return { columns, widthPx: panelWidths[columns] ?? 0 };
}

/** What of a width is left where the view is one of many. */
export function widthIn(scene: Scene, widthPx: number): number {
  return scene.plan.dimensions.facet === undefined ? widthPx : Math.min(widthPx, panelsOf(scene).widthPx);
}

/** What the value of a cell along a role is called. */
export function nameOf(scene: Scene, role: Role, value: number | undefined): string {
  const dimension = scene.plan.dimensions[role];
  const names = scene.rows.names[role];
  if (dimension === undefined || value === undefined) return "";
  if (dimension.kind !== "category") return valueLabel(dimension, value);
  if (value === 0) return otherName((names?.total ?? 0) - (names?.labels.length ?? 0));
  return names?.labels[value - 1] ?? "";
}

/** Sum of what the cells show, by the name they have along a role. */
export function totals(scene: Scene, role: Role): Map<string, number> {
  const sums = new Map<string, number>();
  for (const cell of scene.rows.cells) {
    const name = nameOf(scene, role, cell[role]);
    sums.set(name, (sums.get(name) ?? 0) + (cell.value ?? 0));
  }
  return sums;
}

/** The fields of a row that tell its series and its facet. */
export function groupFields(scene: Scene, cell: { color: number | undefined; facet: number | undefined }): JsonObject {
  const { color, facet } = scene.plan.dimensions;
  return {
    ...(color === undefined ? {} : { color: nameOf(scene, "color", cell.color) }),
    ...(facet === undefined ? {} : { facet: nameOf(scene, "facet", cell.facet) }),
  };
}
