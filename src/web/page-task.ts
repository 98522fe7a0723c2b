import { z } from "zod";
import { errorCodes } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { PageInput } from "./page.ts";

/** What the page threads are asked: to read a page, or whether selectors can be used. */
export type PageTask =
  | ({ kind: "page"; contentEncoding: string; maxBytes: number } & PageInput)
  | { kind: "selectors"; css: string[] };

/** Not looked into: a page of 10 MB can hold a million links. */
const jsonValue = z.custom<JsonValue>();

/** What they answer. */
export const pageAnswer = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    title: z.string().nullable(),
    content: jsonValue,
    selected: z.array(jsonValue),
    /** Of the body as it was before compression. */
    sizeBytes: z.number(),
    sha256: z.string(),
  }),
  z.object({ ok: z.literal(false), code: z.enum(errorCodes), message: z.string() }),
]);
export type PageAnswer = z.output<typeof pageAnswer>;

/** For each selector what is wrong with it, or null. */
export const selectorsAnswer = z.array(z.string().nullable());
