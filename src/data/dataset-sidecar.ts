import { z } from "zod";

const sidecarSchema = z.object({
  format: z.enum(["parquet", "jsonl"]),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rowCount: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  origin: z.record(z.string(), z.json()),
  unfinished: z.boolean().optional(),
});

/** @throws SyntaxError or ZodError for a text that is no sidecar's */
export function parseSidecar(text: string) {
  return sidecarSchema.parse(JSON.parse(text));
}
