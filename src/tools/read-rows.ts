import { z } from "zod";
import { readRowsPage } from "./read-page.ts";
import { sourceField } from "./source-field.ts";
import { columnFields } from "./table-fields.ts";
import { defineTool } from "./tool.ts";

/** A page of rows of a file or dataset, read no further than needed. */
export const readRows = defineTool({
  name: "read_rows",
  description:
    "Read a page of rows of a file or dataset, in file order. Cells of CSV files are text as written. row_count is given where it is known without reading on.",
  input: z.object({
    source: sourceField,
    offset: z.int().min(0).default(0),
    limit: z.int().min(1).max(1_000).default(50),
    columns: z.array(z.string()).max(500).optional().describe("only these, in this order"),
  }),
  output: z.object({
    ...columnFields,
    row_count: z.int().optional(),
    offset: z.int(),
    truncated: z.boolean(),
    notes: z.array(z.string()).optional(),
  }),
  hints: { readOnly: true, openWorld: true, long: false },
  run: readRowsPage,
});
