import { z } from "zod";

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

/** What tools that run a statement give. */
export const queryFields = {
  ...columnFields,
  row_count: z.int(),
  truncated: z.boolean(),
  ...datasetFields,
  notes: z.array(z.string()).optional(),
  elapsed_ms: z.int(),
};
