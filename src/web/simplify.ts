import { silentElements } from "./hidden.ts";
import { voidElements } from "./html-kinds.ts";
import { parseHtml } from "./html.ts";
import { openPieces } from "./text-pieces.ts";

const elementName = /^[a-z][^\s/>"'=<]*$/i;

/** Elements that are closed take more than those that are not, and formatting that starts again may take any length. */
const leastRoom = 2_000;
const roomFactor = 4;

/**
 * HTML again with its nesting bounded, every element closed, and nothing in it that could swallow what comes after.
 *
 * @throws ToolError `too_large`
 */
export function simplifyHtml(html: string): string {
  const pieces = openPieces({ charsLeft: leastRoom + roomFactor * html.length });
  let silence = 0;
  parseHtml(html, {
    onopentag(name, attributes) {
      if (silentElements.has(name)) silence += 1;
      if (name === "html" || !elementName.test(name)) return;
      pieces.add(`<${name}`);
      for (const [attribute, value] of attributes.all()) {
        if (/^[^\s/>"'=<]+$/.test(attribute)) pieces.add(` ${attribute}="${escapeHtml(value)}"`);
      }
      pieces.add(">");
    },
    onclosetag(name) {
      if (silentElements.has(name)) silence -= 1;
      if (name !== "html" && !voidElements.has(name) && elementName.test(name)) pieces.add(`</${name}>`);
    },
    ontext(text) {
      if (silence === 0) pieces.add(escapeHtml(text));
    },
  });
  return pieces.text();
}

export function escapeHtml(text: string): string {
  if (!/[&<"]/.test(text)) return text;
  return text.replace(/[&<"]/g, (char) => (char === "&" ? "&amp;" : char === "<" ? "&lt;" : "&quot;"));
}
