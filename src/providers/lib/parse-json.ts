import type { JsonValue } from "../../message.ts";

/** What a service sent as JSON; undefined where it is none, which each caller names in its own words. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
