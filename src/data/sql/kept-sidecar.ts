import { z } from "zod";
import { compressions, tableFormats } from "../data-format.ts";
import { problemCodes, type StoredColumn } from "./sql-wire.ts";

const sidecarSchema = z.object({
  sizeBytes: z.int(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), stored: z.string() }).refine(isRestorable)),
  problems: z.array(z.object({ line: z.int(), code: z.enum(problemCodes), message: z.string() })),
  dialect: z.object({
    source: z.string(),
    format: z.enum([...tableFormats, "xlsx"]),
    compression: z.enum(compressions),
    encoding: z.string(),
    delimiter: z.string().exactOptional(),
    header: z.boolean().exactOptional(),
    member: z.string().exactOptional(),
    sheet: z.string().exactOptional(),
  }),
});

/** A type that is read back by a cast is part of a statement: there is one. */
function isRestorable({ type, stored }: StoredColumn): boolean {
  return type === stored || type === "HUGEINT";
}

/** @throws SyntaxError or ZodError for a text that is no sidecar's */
export function parseKeptSidecar(text: string) {
  return sidecarSchema.parse(JSON.parse(text));
}
