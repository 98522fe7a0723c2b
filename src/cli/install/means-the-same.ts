import { isDeepStrictEqual } from "node:util";

/** Whether two values are the same in settings, in whatever order their keys stand and whichever parser made them. */
export function meansTheSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

/** Parsers make objects without a prototype, and dates of their own. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
