import type { JsonValue } from "../../message.ts";

/** What a service sent as JSON; undefined where it is none, which each caller names in its own words. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Of a tool call: no text means no arguments; text that is not JSON stays text, so that the model can be told. */
export function parseArguments(text: string): JsonValue {
  return text.trim() === "" ? {} : (parseJson(text) ?? text);
}
