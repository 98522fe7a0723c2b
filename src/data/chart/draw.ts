import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Resvg } from "@resvg/resvg-js";
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Drawing, DrawTask } from "./drawing.ts";
import { readFont } from "./font.ts";

const regularFile = fileURLToPath(import.meta.resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf"));
const boldFile = fileURLToPath(import.meta.resolve("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf"));
const regular = readFont(readFileSync(regularFile));
const bold = readFont(readFileSync(boldFile));

interface TextItem {
  fontSize?: number;
  fontWeight?: string | number;
  limit?: number;
}

/** Vega's typings leave out what it measures texts by. */
const { textMetrics } = vega as unknown as { textMetrics: { width: (item: TextItem, text: string) => number } };

/** Vega guesses the widths of texts where there is no canvas: they come from the font that draws them. */
textMetrics.width = ({ fontSize = 11, fontWeight, limit }, text) => {
  const font = fontWeight === undefined || fontWeight === "normal" || fontWeight === 400 ? regular : bold;
  const width = font.width(text) * fontSize;
  return limit !== undefined && limit > 0 ? Math.min(width, limit) : width;
};

/** The picture is made of what the task holds; nothing is fetched or opened for it. */
const refuse = () => Promise.reject(new Error("charts load nothing"));
const loader: vega.Loader = { load: refuse, sanitize: refuse, http: refuse, file: refuse };

/** A picture is drawn at twice its size for sharp screens, unless it then had more pixels than this. */
const maxPixels = 24_000_000;

/** Draw a vega-lite specification. */
export async function draw({ spec, png, svg: wantsSvg }: DrawTask): Promise<Drawing> {
  const failures: unknown[] = [];
  const log = vega.logger(vega.Error, undefined, (_method, _level, input) => void failures.push(...input));
  const compiled = compile(spec as unknown as TopLevelSpec, { logger: log });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", loader, logger: log });
  try {
    const svg = await view.toSVG();
    // Vega goes on after a failure, and half a picture would come out.
    if (failures.length > 0) throw new Error("the picture is not whole", { cause: failures[0] });
    const missing = missingCharacters(svg);
    const picture = png ? rasterise(svg, missing !== "") : undefined;
    const size = picture ?? sizeOf(svg);
    return {
      width: size.width,
      height: size.height,
      svg: wantsSvg ? svg : undefined,
      png: picture?.asPng(),
      missing,
    };
  } finally {
    view.finalize();
  }
}

/** Fonts of the system take long to load, and differ: they are for what ours cannot show. */
function rasterise(svg: string, loadSystemFonts: boolean) {
  const { width, height } = sizeOf(svg);
  const zoom = Math.min(2, Math.sqrt(maxPixels / (width * height)));
  const font = {
    fontFiles: [regularFile, boldFile],
    loadSystemFonts,
    defaultFontFamily: "Inter",
    sansSerifFamily: "Inter",
  };
  return new Resvg(svg, { font, fitTo: { mode: "zoom", value: zoom }, logLevel: "off" }).render();
}

function sizeOf(svg: string): { width: number; height: number } {
  const [, width, height] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  if (width === undefined || height === undefined) throw new Error("the picture has no size");
  return { width: Math.round(Number(width)), height: Math.round(Number(height)) };
}

/** Characters of the texts in a picture that the font has no shape for, each once. */
function missingCharacters(svg: string): string {
  const found = new Set<string>();
  for (const [, text = ""] of svg.matchAll(/<(?:text|tspan)[^>]*>([^<]*)</g)) {
    for (const character of text) {
      const isShown = /[^\p{Cc}\p{Cf}\p{M}\s]/u.test(character);
      if (isShown && !regular.has(character.codePointAt(0) ?? 0)) found.add(character);
    }
  }
  return [...found].join("");
}
