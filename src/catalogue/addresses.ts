import { ToolError } from "../errors.ts";

const maxAddresses = 100;

/**
 * The web addresses in a text, divided by blanks or commas. One without a scheme gets `https://`.
 *
 * @throws ToolError `invalid_input` for what is none
 */
export function splitAddresses(text: string): string[] {
  const written = text.split(/[\s,]+/).filter(Boolean);
  if (written.length > maxAddresses) {
    throw new ToolError("invalid_input", `there are ${written.length} addresses; at most ${maxAddresses} are compared`);
  }
  return [...new Set(written.map(toAddress))];
}

function toAddress(written: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `https://${written}`);
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href;
  throw new ToolError(
    "invalid_input",
    `"${written.slice(0, 80)}" is no web address; write it as https://example.com/page`,
  );
}
