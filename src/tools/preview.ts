import { cutCell } from "../data/cut-cell.ts";
import type { JsonValue } from "../message.ts";

/** A result's text stays below this many characters; clients cut or refuse what is longer. */
export const maxPreviewChars = 45_000;

export interface PreviewOptions {
  maxRows: number;
  /** Longer strings are cut in the preview and end in `…`. */
  maxCellChars?: number;
  /** Of all rows together. */
  maxChars?: number;
}

/** The first rows that fit into a reply. `truncated` says that rows or parts of cells were left out. */
export function previewRows(
  rows: readonly JsonValue[][],
  options: PreviewOptions,
): { rows: JsonValue[][]; truncated: boolean } {
  const shown: JsonValue[][] = [];
  let chars = 0;
  let truncated = rows.length > options.maxRows;
  for (const row of rows.slice(0, options.maxRows)) {
    const cells = row.map((cell) => cutCell(cell, options.maxCellChars ?? 2_000));
    chars += JSON.stringify(cells).length + 1;
    if (chars > (options.maxChars ?? maxPreviewChars)) return { rows: shown, truncated: true };
    truncated ||= cells.some((cell, index) => cell !== row[index]);
    shown.push(cells);
  }
  return { rows: shown, truncated };
}
