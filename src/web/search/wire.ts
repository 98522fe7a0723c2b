import type { z } from "zod";
import { ToolError } from "../../errors.ts";
import { cutText, printable } from "../../text/text.ts";
import { collapse } from "../sink.ts";
import type { Explanation } from "./backend.ts";

/** What the backends have in common when they read and write. */

/** The items that are what they should be: one that is not costs no other. */
export function readEach<Schema extends z.ZodType>(schema: Schema, items: readonly unknown[]): z.output<Schema>[] {
  return items.flatMap((item) => {
    const read = schema.safeParse(item);
    return read.success ? [read.data] : [];
  });
}

/** @throws ToolError `unavailable` for a key that cannot be sent in a header */
export function checkKey(variable: string, key: string): void {
  if (/^[\x21-\x7e]+$/.test(key)) return;
  throw new ToolError(
    "unavailable",
    `${variable} holds a space, a line break or a character that no key has; set it again`,
  );
}

/** What asking again does not help. */
export function lasting(code: Explanation["code"], message: string): Explanation {
  return { code, message, afterMs: undefined };
}

/** What a service says of its refusal, in brackets behind ours; nothing where it says nothing. */
export function detailOf(said: string): string {
  const text = collapse(printable(said));
  return text === "" ? "" : ` (${cutText(text, 200).replace(/[.;]+$/, "")})`;
}

/** A span of time as a person says it. */
export function spanText(seconds: number): string {
  const units = [
    { name: "day", length: 86_400 },
    { name: "hour", length: 3_600 },
    { name: "minute", length: 60 },
  ];
  const unit = units.find(({ length }) => seconds >= 2 * length) ?? { name: "second", length: 1 };
  const count = Math.max(1, Math.round(seconds / unit.length));
  return `${count} ${unit.name}${count === 1 ? "" : "s"}`;
}
