import { silentElements } from "./hidden.ts";
import { voidElements } from "./html-kinds.ts";
import { parseHtml } from "./html.ts";

const elementName = /^[a-z][^\s/>"'=<]*$/i;

/** HTML again with its nesting bounded, every element closed, and nothing in it that could swallow what comes after. */
export function simplifyHtml(html: string): string {
  let out = "";
  let silence = 0;
  parseHtml(html, {
    onopentag(name, attributes) {
      if (silentElements.has(name)) silence += 1;
      if (name === "html" || !elementName.test(name)) return;
      out += `<${name}`;
      for (const [attribute, value] of attributes.all()) {
        if (/^[^\s/>"'=<]+$/.test(attribute)) out += ` ${attribute}="${escapeHtml(value)}"`;
      }
      out += ">";
    },
    onclosetag(name) {
      if (silentElements.has(name)) silence -= 1;
      if (name !== "html" && !voidElements.has(name) && elementName.test(name)) out += `</${name}>`;
    },
    ontext(text) {
      if (silence === 0) out += escapeHtml(text);
    },
  });
  return out;
}

export function escapeHtml(text: string): string {
  if (!/[&<"]/.test(text)) return text;
  return text.replace(/[&<"]/g, (char) => (char === "&" ? "&amp;" : char === "<" ? "&lt;" : "&quot;"));
}
