import { z } from "zod";

/** How every tool takes the table that it reads. */
export const sourceField = z
  .string()
  .min(1)
  .max(4_096)
  .describe(
    "path or glob inside a root (a.zip#in.csv, a.xlsx#Sheet 2), http(s) URL of a data file, or a dataset's handle or name",
  );
