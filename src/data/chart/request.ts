import { didYouMean } from "../../text/nearest.ts";
import { cutText } from "../../text/text.ts";

export const marks = ["bar", "line", "area", "point", "histogram", "heatmap", "box", "arc"] as const;

export type Mark = (typeof marks)[number];

/** What other libraries call them. */
const otherNames: Readonly<Record<string, Mark>> = {
  pie: "arc",
  donut: "arc",
  doughnut: "arc",
  column: "bar",
  barh: "bar",
  scatter: "point",
  scatterplot: "point",
  bubble: "point",
  circle: "point",
  dot: "point",
  hist: "histogram",
  boxplot: "box",
  violin: "box",
  rect: "heatmap",
};

/** Says which mark somebody may want who asks for one that there is not. */
export function unknownMark(asked: unknown): string {
  const all = `the marks are ${marks.join(", ")}`;
  if (typeof asked !== "string") return all;
  const name = asked
    .trim()
    .toLowerCase()
    .replace(/[\s_-]*(chart|graph|plot)$/, "");
  const same = Object.hasOwn(otherNames, name) ? otherNames[name] : marks.find((mark) => mark === name);
  const hint = same === undefined ? didYouMean(name, marks) : `, use ${same}`;
  return `there is no mark '${cutText(asked, 40)}'${hint}; ${all}`;
}

/** What shows on a chart, in the words of the caller: columns, or functions of one. */
export interface ChartRequest {
  mark: Mark;
  x: string;
  y?: string | undefined;
  color?: string | undefined;
  facet?: string | undefined;
}

/** The ways in which rows are told apart. */
export const roles = ["x", "y", "color", "facet"] as const;

export type Role = (typeof roles)[number];
