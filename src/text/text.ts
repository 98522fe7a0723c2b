/** The beginning of a text that is too long, never ending in half a character, with `…` where something was cut. */
export function cutText(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${beginning(text, maxChars)}…`;
}

/** At most `maxChars` UTF-16 units of a text, never ending in half a surrogate pair. */
export function beginning(text: string, maxChars: number): string {
  const endsInHalf = text.length > maxChars && /[\ud800-\udbff]/.test(text.charAt(maxChars - 1));
  return text.slice(0, endsInHalf ? maxChars - 1 : maxChars);
}

/** A text that others wrote, without the control and direction characters that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}

/** JSON that a terminal shows and does not obey: control and direction characters are written as escapes. */
export function showableJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** JSON that strict readers take: half a surrogate pair, which some of them refuse, becomes U+FFFD. */
export function toJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent);
  if (!json.includes("\\ud")) return json;
  return json.replace(/(\\\\)|\\ud[89a-f][0-9a-f]{2}/g, (_found, backslash?: string) => backslash ?? "\ufffd");
}
