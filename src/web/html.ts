import { Tokenizer } from "./html-tokens.ts";
import { TreeBuilder } from "./html-tree.ts";
import type { HtmlHandler } from "./html-stack.ts";

/** Feed HTML to a handler. Time and stack stay bounded for any nesting. */
export function parseHtml(html: string, handler: HtmlHandler): void {
  const builder = new TreeBuilder(handler);
  new Tokenizer(html, builder).read();
  builder.end();
}
