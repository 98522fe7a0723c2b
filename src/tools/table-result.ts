import { z } from "zod";
import type { Column, Dataset } from "../data/dataset.ts";

/** How every tool shows a table. */
export const columnFields = {
  columns: z.array(z.string()),
  types: z.array(z.string()),
  rows: z.array(z.array(z.json())),
};

/** Where the whole table lies, in results that are more than a preview. */
export const datasetFields = {
  dataset: z.string().optional(),
  dataset_path: z.string().optional(),
  dataset_format: z.string().optional(),
};

export function toTypes(columns: readonly Column[]): string[] {
  return columns.map((column) => column.type);
}

export function toDatasetFields(dataset: Dataset | undefined) {
  if (dataset === undefined) return {};
  return { dataset: dataset.id, dataset_path: dataset.path, dataset_format: dataset.format };
}
