import type { Column, Dataset } from "../data/dataset.ts";
import type { JsonValue } from "../message.ts";
import { cutText } from "../text/text.ts";
import { maxPreviewChars, previewRows } from "./preview.ts";
import { measured } from "../taping.ts";

function toTypes(columns: readonly Column[]): string[] {
  return columns.map((column) => column.type);
}

export function toDatasetFields(dataset: Dataset | undefined) {
  if (dataset === undefined) return {};
  return { dataset: dataset.id, dataset_path: dataset.path, dataset_format: dataset.format };
}

export interface Table {
  columns: readonly Column[];
  rows: readonly JsonValue[][];
  /** Of the whole table, of which `rows` may be the beginning. */
  rowCount: number;
}

/** Of all names and types together; the rows have the rest of a reply. */
const maxHeaderChars = 15_000;
/** A struct's type names all of its fields. */
const maxTypeChars = 500;

/** The first columns and rows that fit into a reply. `truncated` says that something was left out. */
export function previewTable({ columns, rows, rowCount }: Table, maxRows: number) {
  const types = toTypes(columns).map((type) => cutText(type, maxTypeChars));
  let chars = 0;
  const beyond = columns.findIndex(({ name }, index) => {
    chars += JSON.stringify([name, types[index]]).length + 1;
    return chars > maxHeaderChars;
  });
  const width = beyond < 0 ? columns.length : beyond;
  const narrow = width === columns.length ? rows : rows.map((row) => row.slice(0, width));
  const preview = previewRows(narrow, { maxRows, maxChars: maxPreviewChars - Math.min(chars, maxHeaderChars) });
  return {
    columns: columns.slice(0, width).map(({ name }) => name),
    types: types.slice(0, width),
    rows: preview.rows,
    truncated: preview.truncated || width < columns.length || rowCount > preview.rows.length,
    note: width < columns.length ? `${width} of ${columns.length} columns are shown; select those you need` : undefined,
  };
}

interface Answer extends Table {
  dataset: Dataset | undefined;
  /** Why the whole result is not kept although it should be. */
  notKept: string | undefined;
}

/** A statement's answer as `queryFields` has it. `notes` come first; what the preview leaves out is told after them. */
export function toQueryResult(
  answer: Answer,
  { limit, notes, started }: { limit: number; notes: readonly string[]; started: number },
) {
  const { note, ...preview } = previewTable(answer, limit);
  const told = [...notes, ...(note === undefined ? [] : [note])];
  if (answer.notKept !== undefined) told.push(`the whole result is not kept: ${answer.notKept}`);
  return {
    ...preview,
    row_count: answer.rowCount,
    ...toDatasetFields(answer.dataset),
    ...(told.length === 0 ? {} : { notes: told }),
    elapsed_ms: measured("elapsed_ms", () => Math.round(performance.now() - started)),
  };
}
