import { z } from "zod";
import { errorCodes } from "../../errors.ts";

/** What the PDF process is asked. */
export interface PdfTask {
  bytes: Uint8Array;
  contentEncoding: string;
  /** Of the document once it is unpacked. */
  maxBytes: number;
}

/** What it answers: the page that a document stands for. */
export const pdfAnswer = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), html: z.string(), sizeBytes: z.number(), sha256: z.string() }),
  z.object({ ok: z.literal(false), code: z.enum(errorCodes), message: z.string() }),
]);
export type PdfAnswer = z.output<typeof pdfAnswer>;
