import type { Column, Dataset } from "../data/dataset.ts";
import type { ErrorCode } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";
import type { ShownRow } from "./page-fields.ts";
import { previewRows } from "./preview.ts";
import { measured } from "../taping.ts";

const previewedRows = 50;
const listedFailures = 20;
/** Of all listed failures together. */
const failureChars = 8_000;
/** The sidecar tells how so many pages were when they were fetched. */
const listedSources = 10_000;

/** What a report needs to know of a page. */
export interface PageFacts {
  url: string;
  status: number | null;
  sizeBytes: number | null;
  sha256: string | null;
  failure: { code: ErrorCode; message: string } | null;
}

export type PageReport = ReturnType<typeof openPageReport>;

/** Collects what the result says about a run. */
export function openPageReport(startedAt: number) {
  const preview: JsonValue[][] = [];
  const failures: { url: string; code: string; message: string }[] = [];
  const sources: JsonObject[] = [];
  let count = 0;
  let failed = 0;
  let cut = false;
  let charsLeft = failureChars;

  return {
    /** Pages so far. */
    count: () => count,
    /** A row that the preview may show. */
    addRow({ cells, isCut }: ShownRow): void {
      if (preview.length >= previewedRows) return;
      preview.push(cells);
      cut ||= isCut;
    },
    addPage({ url, status, sha256, sizeBytes, failure }: PageFacts): void {
      count += 1;
      if (sources.length < listedSources) sources.push({ url, status, sha256, size_bytes: sizeBytes });
      if (failure === null) return;
      failed += 1;
      const told = { url: cutText(url, 500), code: failure.code, message: failure.message };
      charsLeft -= JSON.stringify(told).length;
      if (failures.length < listedFailures && charsLeft > 0) failures.push(told);
    },
    /** What the sidecar says of the pages. */
    origin: (tool: string, settings: JsonObject): JsonObject => ({
      tool,
      started_at: new Date(startedAt).toISOString(),
      ...settings,
      urls: sources,
    }),
    summary(dataset: Dataset, columns: readonly Column[]) {
      const { rows, truncated } = previewRows(preview, { maxRows: previewedRows, maxCellChars: Infinity });
      return {
        dataset: dataset.id,
        dataset_path: dataset.path,
        dataset_format: dataset.format,
        columns: columns.map(({ name }) => name),
        types: columns.map(({ type }) => type),
        rows,
        row_count: dataset.rowCount,
        truncated: truncated || cut || rows.length < count,
        ok: count - failed,
        failed,
        failures,
        elapsed_ms: measured("elapsed_ms", () => Date.now() - startedAt),
      };
    },
  };
}

/** `12 pages/s, 3 failed (2 timeout, 1 http_error)`, of the pages of this run. */
export function progressMessage(
  { fetched, startedAt }: { fetched: number; startedAt: number },
  failures: ReadonlyMap<ErrorCode, number>,
): string {
  const rate = fetched / Math.max(0.001, (Date.now() - startedAt) / 1_000);
  const kinds = [...failures].toSorted(([, a], [, b]) => b - a);
  const failed = kinds.reduce((sum, [, times]) => sum + times, 0);
  const named = kinds.slice(0, 3).map(([code, times]) => `${times} ${code}`);
  const told = named.length === 0 ? "" : ` (${named.join(", ")}${kinds.length > 3 ? ", …" : ""})`;
  return `${rate.toFixed(rate < 10 ? 1 : 0)} pages/s, ${failed} failed${told}`;
}
