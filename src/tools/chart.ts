import { writeFile } from "node:fs/promises";
import { z } from "zod";
import { designChart } from "../data/chart/chart.ts";
import type { Drawing } from "../data/chart/drawing.ts";
import { marks, unknownMark } from "../data/chart/request.ts";
import { ToolError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../message.ts";
import { cutText } from "../text/text.ts";
import { sourceField } from "./source-field.ts";
import { defineTool, type RunContext } from "./tool.ts";
import { drawn } from "../taping.ts";

/** Draw a picture of a source or of a query's result. */
export const chart = defineTool({
  name: "chart",
  description:
    "Draw a chart of a source or of one SELECT as PNG or SVG. Rows are aggregated first, however many there are. " +
    "Bars are sorted, many categories become the top ones, times get steps that fit; notes tell all of it. " +
    "A heatmap shows color over x and y, a box the spread of y.",
  input: z.object({
    source: sourceField.optional(),
    sql: z.string().min(1).max(50_000).optional().describe("instead of source: one SELECT, as query_data takes it"),
    mark: z.enum(marks, { error: ({ input }) => unknownMark(input) }),
    x: z.string().min(1).max(500).describe("column, or year|quarter|month|week|day|hour(column)"),
    y: z
      .string()
      .max(500)
      .optional()
      .describe("column, or sum|avg|min|max|median|count|distinct(column); else rows are counted"),
    color: z.string().max(500).optional().describe("column that tells series apart"),
    facet: z.string().max(500).optional().describe("column with a small chart for each value"),
    title: z.string().max(500).optional(),
    format: z.enum(["png", "svg"]).optional().describe("else the path's ending decides, else png"),
    path: z.string().min(1).max(4_096).optional().describe("where to; relative to the workspace"),
    theme: z.enum(["light", "dark"]).default("light"),
    inline: z.boolean().default(false).describe("also show the picture in the reply"),
  }),
  output: z.object({
    path: z.string(),
    width: z.int(),
    height: z.int(),
    spec: z.looseObject({}),
    notes: z.array(z.string()).optional(),
  }),
  hints: { readOnly: false, long: true },
  async run({ source, sql, format, path, inline, ...shown }, context) {
    const { services, signal } = context;
    const from = fromOf(source, sql);
    const target = targetOf(path, format);
    const output = await services.files.create(target.path);
    try {
      services.charts.prepare(signal);
      const { spec, notes } = await designChart({ ...shown, from, query: queryOf(context) });
      const isSvg = target.format === "svg";
      const drawing = await services.charts.draw({ spec, svg: isSvg, png: inline || !isSvg }, signal);
      await writeFile(output.temporaryPath, contentOf(drawing, target.format), { flag: "wx" });
      await output.commit();
      const more = inline ? attachTo(context, drawing) : [];
      const all = [...notes, ...missingNote(drawing), ...more];
      const { width, height } = drawing;
      const fields = { path: output.path, width, height, spec: bounded(spec) };
      return all.length === 0 ? fields : { ...fields, notes: all };
    } catch (thrown) {
      await output.discard();
      throw thrown;
    }
  },
});

type Format = "png" | "svg";

function fromOf(source: string | undefined, sql: string | undefined): { source: string } | { sql: string } {
  if (source !== undefined && sql === undefined) return { source };
  if (sql !== undefined && source === undefined) return { sql };
  throw new ToolError(
    "invalid_input",
    "give either source, to draw a file or dataset, or sql, to draw what a SELECT gives",
  );
}

/** Where to write what. The time tells pictures without a name apart. */
function targetOf(path: string | undefined, format: Format | undefined): { path: string; format: Format } {
  if (path === undefined) {
    return { path: `exports/${drawn("name", newName)}.${format ?? "png"}`, format: format ?? "png" };
  }
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  if ((ending !== "png" && ending !== "svg") || (format !== undefined && ending !== format)) {
    const wanted = format === undefined ? ".png or .svg" : `.${format}, as format says`;
    throw new ToolError("invalid_input", `the path '${cutText(path, 200)}' must end in ${wanted}`);
  }
  return { path, format: ending };
}

function newName(): string {
  const time = new Date().toISOString().replace(/[-:]/g, "").replace("T", "-").replace(/\..*/, "");
  return `chart-${time}-${Math.random().toString(36).slice(2, 6).padEnd(4, "0")}`;
}

function queryOf({ services, signal }: RunContext) {
  return (sql: string, limit: number, followed: boolean) =>
    services.sql.query({ sql, limit, followed, origin: { tool: "chart" } }, { signal });
}

function contentOf({ svg, png }: Drawing, format: Format): string | Uint8Array {
  const content = format === "svg" ? svg : png;
  if (content === undefined) throw new Error(`the drawing holds no ${format}`);
  return content;
}

/** Clients and models refuse larger pictures. */
const maxInlineBytes = 2_500_000;

/** Models see PNG only, so that is what is shown, whatever the file is. */
function attachTo({ attach }: RunContext, { png }: Drawing): string[] {
  if (png === undefined || png.byteLength > maxInlineBytes)
    return ["the picture is too large to be shown here; open the file"];
  attach({ data: Buffer.from(png).toString("base64"), mimeType: "image/png" });
  return [];
}

const maxMissingShown = 20;

function missingNote({ missing }: Drawing): string[] {
  if (missing === "") return [];
  const all = [...missing];
  const more = all.length > maxMissingShown ? " and others" : "";
  return [
    `the font has no shape for ${all.slice(0, maxMissingShown).join(" ")}${more}: they are drawn where this system has a font with them, and are empty boxes elsewhere`,
  ];
}

const maxSpecChars = 20_000;

/** The specification as people can use it again; rows that are too many for a reply are left out of it. */
function bounded(spec: JsonObject): JsonObject {
  const rows = isJsonObject(spec["data"]) ? spec["data"]["values"] : undefined;
  if (!Array.isArray(rows) || JSON.stringify(spec).length <= maxSpecChars) return spec;
  const some = {
    ...spec,
    data: { name: "table", values: rows.slice(0, 5) },
    usermeta: { rows: rows.length, rows_shown: 5 },
  };
  return JSON.stringify(some).length <= maxSpecChars * 2
    ? some
    : { data: { name: "table" }, usermeta: { rows: rows.length } };
}
