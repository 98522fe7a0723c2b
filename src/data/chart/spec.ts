import type { JsonObject } from "../../message.ts";
import { drawArc } from "./marks/arc.ts";
import { drawBars } from "./marks/bars.ts";
import { drawBoxes } from "./marks/boxes.ts";
import { drawHeatmap } from "./marks/heatmap.ts";
import { drawDots, drawLines } from "./marks/lines.ts";
import { drawRanges } from "./marks/ranges.ts";
import { drawDensity, drawPoints } from "./marks/points.ts";
import { orderOf, panelsOf, totals, widthIn, type Scene, type View } from "./scene.ts";
import { configOf } from "./theme.ts";
import { wrap } from "./words.ts";

export interface SpecText {
  title: string;
  /** Below the title: what is not shown, so that a picture does not say more than is true when it travels alone. */
  subtitle: string;
}

/** The vega-lite specification of a chart, with its rows in it. Its fields have names of ours. */
export function specOf(scene: Scene, { title, subtitle }: SpecText): JsonObject {
  const view = viewOf(scene);
  const body = scene.plan.dimensions.facet === undefined ? whole(view) : faceted(scene, view);
  const widthPx = Math.max(360, body.widthPx);
  const lines = wrap(title, 17, widthPx, 3);
  const sublines = wrap(subtitle, 12, widthPx, 3);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { text: lines, ...(sublines.length === 0 ? {} : { subtitle: sublines }) },
    data: { values: body.rows },
    ...body.unit,
    config: configOf(scene.theme),
  };
}

function viewOf(scene: Scene): View {
  const { mark } = scene.layout;
  switch (mark) {
    case "bar":
    case "histogram":
      return scene.plan.dimensions.x?.kind === "bins" ? drawRanges(scene) : drawBars(scene);
    case "line":
    case "area":
      return drawLines(scene);
    case "point":
      if (scene.plan.isDensity) return drawDensity(scene);
      return scene.plan.kind === "pairs" ? drawPoints(scene) : drawDots(scene);
    case "heatmap":
      return drawHeatmap(scene);
    case "box":
      return drawBoxes(scene);
    case "arc":
      return drawArc(scene);
  }
}

interface Body {
  unit: JsonObject;
  rows: JsonObject[];
  widthPx: number;
}

function whole({ unit, rows, width, height, sidePx }: View): Body {
  return { unit: { width, height, ...unit }, rows, widthPx: width + sidePx };
}

/** One view a facet, in rows and columns with the same axes. */
function faceted(scene: Scene, { unit, rows, width, height, leastHeight }: View): Body {
  const sizes = totals(scene, "facet");
  const { names } = orderOf(scene, "facet", (name) => sizes.get(name) ?? 0);
  const { columns } = panelsOf(scene);
  const panel = widthIn(scene, width);
  const panelHeight = Math.max(Math.min(height, leastHeight), Math.round(Math.min(height, panel * 0.62)));
  const place = new Map(names.map((name, index) => [name, index]));
  return {
    rows: rows.map((row) => ({ ...row, panel: place.get(String(row["facet"])) ?? 0 })),
    widthPx: columns * (panel + 36),
    unit: {
      facet: {
        field: "facet",
        type: "nominal",
        title: null,
        sort: { field: "panel", op: "min" },
        header: { labelLimit: panel, labelAnchor: "start" },
      },
      columns,
      spec: { width: panel, height: panelHeight, ...unit },
    },
  };
}
