import type { ModelRequest } from "../provider.ts";

/**
 * A key that requests of one conversation share: OpenAI sends those with one key to the same machine, where the
 * beginning they have in common is still cached. It says nothing of the conversation.
 *
 * Spec: https://platform.openai.com/docs/guides/prompt-caching
 */
export function cacheKeyOf({ system = "", messages, tools }: ModelRequest): string {
  const [first] = messages;
  const beginning = JSON.stringify([system, tools.map(({ name }) => name), first?.role === "user" ? first.text : ""]);
  return `axoner-${fingerprint(beginning)}`;
}

/** FNV-1a with 64 bits, in two halves of 32: it spreads well, and nothing secret hangs on it. */
function fingerprint(text: string): string {
  let low = 0x84222325;
  let high = 0xcbf29ce4;
  for (let index = 0; index < text.length; index++) {
    low = (low ^ text.charCodeAt(index)) >>> 0;
    // times 2^40 + 0x1b3, modulo 2^64
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
