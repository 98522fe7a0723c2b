export const marks = ["bar", "line", "area", "point", "histogram", "heatmap", "box", "arc"] as const;

export type Mark = (typeof marks)[number];

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
