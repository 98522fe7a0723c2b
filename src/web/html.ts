import type { HtmlHandler } from "./html-stack.ts";
import { Tokenizer } from "./html-tokens.ts";
import { TreeBuilder } from "./html-tree.ts";

/** Feed HTML to a handler. Time and stack stay bounded for any nesting. */
export function parseHtml(html: string, handler: HtmlHandler): void {
  beginHtml(html, handler).builder.end();
}

/** As `parseHtml`, but elements that have no end tag stay open. */
export function beginHtml(html: string, handler: HtmlHandler): { tokenizer: Tokenizer; builder: TreeBuilder } {
  const builder = new TreeBuilder(handler);
  const tokenizer = new Tokenizer(html, builder);
  tokenizer.read();
  return { tokenizer, builder };
}
