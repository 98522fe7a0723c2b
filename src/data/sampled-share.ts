import { toJson } from "../text/text.ts";
import type { SqlAnswer } from "./sql.ts";

/** From so many rows, quantiles and frequent values come out as well as sketches of all rows tell them. */
const wantedRows = 100_000;
/** A smaller share is not worth the drawing of a sample. */
const maxShare = 0.5;
/** How much larger packed tables are as text, about; an estimate that is five times off is found out. */
const packedRatio = 4;
const leastRows = wantedRows / 5;

/**
 * Which share of the rows of a table makes a sample that is large enough, by its first rows and the size of its files;
 * undefined where all rows are hardly more.
 */
export function sampledShare({ columns, rows, dialects, sourceBytes }: SqlAnswer): number | undefined {
  if (rows.length === 0) return undefined;
  const [dialect] = dialects;
  const isText = dialect?.compression === "none" && dialect.format !== "parquet";
  const hasNames = dialect?.format.startsWith("json") === true;
  const nameBytes = hasNames ? Buffer.byteLength(toJson(columns.map(({ name }) => name))) + columns.length : 0;
  const rowBytes = Buffer.byteLength(toJson(rows)) / rows.length + nameBytes;
  const share = (wantedRows * rowBytes) / (sourceBytes * (isText ? 1 : packedRatio));
  return share > maxShare ? undefined : share;
}

/** Whether a sample turned out to be smaller than it was to be, though there are more rows. */
export function isTooSmall(sampledRows: number, rowCount: number): boolean {
  return sampledRows < Math.min(leastRows, rowCount);
}
