import { parse, type DefaultTreeAdapterTypes } from "parse5";
import type { HtmlHandler } from "../../src/web/html-stack.ts";
import { parseHtml } from "../../src/web/html.ts";

/** What a parser tells, with the pieces of a text put together and all names in lower case. */
function eventsOf(read: (handler: HtmlHandler) => void): string[] {
  const events: string[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") events.push(text);
    text = "";
  };
  read({
    onopentag(name, attributes) {
      flush();
      const written = Object.entries(attributes).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
      events.push(`<${name.toLowerCase()}${written.join("")}>`);
    },
    onclosetag(name) {
      flush();
      events.push(`</${name.toLowerCase()}>`);
    },
    ontext: (piece) => void (text += piece),
  });
  flush();
  return events;
}

export const own = (html: string) => eventsOf((handler) => parseHtml(html, handler));

/** What parse5, which builds the tree of the standard, would have told. */
export const standard = (html: string) =>
  eventsOf((handler) => tell(parse(html, { scriptingEnabled: false }), handler));

function tell(node: DefaultTreeAdapterTypes.ParentNode, handler: HtmlHandler): void {
  for (const child of node.childNodes) {
    if ("value" in child) handler.ontext(child.value);
    if (!("tagName" in child)) continue;
    handler.onopentag(
      child.tagName,
      Object.fromEntries(child.attrs.map(({ name, value }) => [name.toLowerCase(), value])),
    );
    tell("content" in child ? child.content : child, handler);
    handler.onclosetag(child.tagName);
  }
}
