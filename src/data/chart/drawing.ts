import type { JsonObject } from "../../message.ts";

/** What the drawing process is given. Both ends come from one build, so neither checks the shapes. */
export interface DrawTask {
  /** Vega-lite, with its rows in it. */
  spec: JsonObject;
  svg: boolean;
  png: boolean;
}

export interface Drawing {
  /** Pixels: those of the PNG where there is one, else those of the SVG. */
  width: number;
  height: number;
  svg: string | undefined;
  png: Uint8Array | undefined;
  /** Characters that the font has no shape for; fonts of the system were tried for them. */
  missing: string;
}
