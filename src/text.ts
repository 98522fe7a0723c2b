/** The beginning of a text that is too long, never ending in half a character, with `…` where something was cut. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${beginning(text, maxChars)}…`;
}

/** At most `maxChars` UTF-16 units of a text, never ending in half a surrogate pair. */
export function beginning(text: string, maxChars: number): string {
  const endsInHalf = text.length > maxChars && /[\ud800-\udbff]/.test(text.charAt(maxChars - 1));
  return text.slice(0, endsInHalf ? maxChars - 1 : maxChars);
}

/** JSON that strict readers take: half a surrogate pair, which some of them refuse, becomes U+FFFD. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes("\\ud")) return json;
  return json.replace(/(\\\\)|\\ud[89a-f][0-9a-f]{2}/g, (_found, backslash?: string) => backslash ?? "\ufffd");
}
