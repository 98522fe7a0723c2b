import { designChart, type Chart, type ChartOptions } from "../../src/data/chart/chart.ts";
import type { JsonObject } from "../../src/message.ts";
import type { DataFolder } from "./data-folder.ts";

type Options = Omit<ChartOptions, "query" | "theme" | "from"> & { sql?: string };

/** Design charts of statements, by default of the dataset `sales`. */
export function designerIn(folder: () => DataFolder): (options: Options) => Promise<Chart> {
  const { signal } = new AbortController();
  return ({ sql = "from sales", ...options }) => {
    const query = (text: string, limit: number) =>
      folder().sql.query({ sql: text, limit, origin: { tool: "chart" } }, { signal });
    return designChart({ ...options, from: { sql }, theme: "light", query });
  };
}

/** The rows that a chart is drawn of. */
export const rowsOf = ({ spec }: Chart) => (spec["data"] as { values: JsonObject[] }).values;
