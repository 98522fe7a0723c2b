import type { JsonObject } from "../../message.ts";

export type ThemeName = "light" | "dark";

export interface Theme {
  background: string;
  ink: string;
  softInk: string;
  grid: string;
  /** Told apart with any of the common colour-blindnesses, in this order; after Okabe and Ito. */
  palette: readonly string[];
  /** What is folded into one. */
  other: string;
  /** From few to many. */
  sequential: readonly string[];
  /** From negative to positive. */
  diverging: readonly string[];
}

export const themes: Record<ThemeName, Theme> = {
  light: {
    background: "#ffffff",
    ink: "#1d2733",
    softInk: "#566370",
    grid: "#e4e8ec",
    palette: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a5aa6"],
    other: "#b4bcc5",
    sequential: ["#e9f2f9", "#b7d5ea", "#6fb1d6", "#2c81b5", "#0b4f83", "#08305a"],
    diverging: ["#a63c06", "#e59148", "#f8dcb8", "#f4f4f2", "#b8d7ea", "#4f9bca", "#0b5394"],
  },
  dark: {
    background: "#14181f",
    ink: "#e8ecf1",
    softInk: "#a5b0bc",
    grid: "#2b333d",
    palette: ["#4aa8e8", "#f0b23a", "#2fbf93", "#e29ac2", "#c9e7ff", "#ee6f3a", "#a58be8"],
    other: "#66717d",
    sequential: ["#1c2a38", "#1f4b6e", "#2575a8", "#4aa8e8", "#9bd3f7", "#e2f3ff"],
    diverging: ["#f6a055", "#c5692a", "#6b4228", "#2b3138", "#264e6b", "#3f86b8", "#8fcdf5"],
  },
};

/** The font that PNG files are drawn with, then what looks most like it elsewhere. */
const fontFamily = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif";

/** The look of everything that a specification does not say itself. */
export function configOf(theme: Theme): JsonObject {
  const { background, ink, softInk, palette } = theme;
  return {
    background,
    font: fontFamily,
    padding: 20,
    view: { stroke: null },
    axis: axisOf(theme),
    legend: legendOf(theme),
    header: { labelColor: ink, labelFontSize: 12, labelFontWeight: 600, labelPadding: 6 },
    title: titleOf(theme),
    text: { color: softInk, fontSize: 11.5 },
    mark: { color: palette[0] ?? ink },
    facet: { spacing: 36 },
  };
}

function axisOf({ ink, softInk, grid }: Theme): JsonObject {
  return {
    domain: false,
    ticks: false,
    grid: false,
    gridColor: grid,
    labelColor: softInk,
    labelFontSize: 12,
    labelPadding: 8,
    labelLimit: 230,
    labelAngle: 0,
    labelFlush: false,
    maxExtent: 320,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 600,
    titlePadding: 12,
    titleLimit: 420,
  };
}

function legendOf({ ink, softInk }: Theme): JsonObject {
  return {
    labelColor: softInk,
    labelFontSize: 12,
    labelLimit: 190,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 600,
    titleLimit: 190,
    titlePadding: 8,
    rowPadding: 4,
    symbolType: "square",
    symbolSize: 110,
    symbolStrokeWidth: 0,
    symbolOpacity: 1,
    offset: 24,
    gradientLength: 160,
    gradientThickness: 12,
  };
}

function titleOf({ ink, softInk }: Theme): JsonObject {
  return {
    anchor: "start",
    frame: "bounds",
    color: ink,
    fontSize: 17,
    fontWeight: 600,
    lineHeight: 22,
    subtitleColor: softInk,
    subtitleFontSize: 12,
    subtitleLineHeight: 17,
    subtitlePadding: 6,
    offset: 18,
  };
}
