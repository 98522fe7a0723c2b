import type { Attributes } from "./html-attributes.ts";
import { parseHtml } from "./html.ts";

/** With more text than this a page says something without its scripts, whatever it says of them. */
const maxShellChars = 500;
/** With no more it says nothing. */
const maxEmptyChars = 10;
/** What stands in the element that scripts fill: `Loading…`. */
const maxRootChars = 60;

const quietElements = new Set(["script", "style", "template", "noscript", "title", "svg"]);
const executable = /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/i;
const rootId = /^(?:root|app|main-?app|app-?root|react-?root|__next|__nuxt|___gatsby|svelte|ember-?app)$/i;
const asksForScripts = /javascript|scripts? (?:is|are)|enable js/i;

/**
 * Whether a page is built by its scripts: it carries some, and it says nothing, or little and that in an empty root
 * element or a `<noscript>` that asks for scripts. A page that says enough is not taken for one, whatever it may add.
 */
export function needsScripts(html: string): boolean {
  if (!/<script/i.test(html)) return false;
  const open: { name: string; root: number | undefined }[] = [];
  let [chars, scripts, quiet] = [0, 0, 0];
  let hint = false;
  let noscript: string | undefined;
  parseHtml(html, {
    onopentag(name, attributes) {
      open.push({ name, root: isRoot(name, attributes) ? chars : undefined });
      if (quietElements.has(name)) quiet += 1;
      if (name === "noscript") noscript = "";
      if (name === "script" && executable.test((attributes.get("type") ?? "").trim())) scripts += 1;
    },
    onclosetag() {
      const closed = open.pop();
      if (closed === undefined) return;
      if (closed.root !== undefined && chars - closed.root <= maxRootChars) hint = true;
      if (quietElements.has(closed.name)) quiet -= 1;
      if (closed.name !== "noscript") return;
      if (asksForScripts.test(noscript ?? "")) hint = true;
      noscript = undefined;
    },
    ontext(piece) {
      if (noscript !== undefined) noscript = (noscript + piece).slice(0, 2_000);
      if (quiet === 0 && chars < maxShellChars) chars += piece.replace(/\s+/g, "").length;
    },
  });
  return scripts > 0 && (chars <= maxEmptyChars || (hint && chars < maxShellChars));
}

/** What frameworks fill: an element with a known id, or one of their own right below the body. */
function isRoot(name: string, attributes: Attributes): boolean {
  return rootId.test((attributes.get("id") ?? "").trim()) || /^app-[a-z]/.test(name);
}
