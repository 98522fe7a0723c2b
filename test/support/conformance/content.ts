import type { CallToolResult } from "@modelcontextprotocol/server";

/** What a tool remembers from one round of questions to the next, signed. */
export interface RoundState {
  step: number;
  name?: string;
}

export function text(content: string): CallToolResult {
  return { content: [{ type: "text", text: content }] };
}

/** One red point. */
export const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** No sound. */
export const wav = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
