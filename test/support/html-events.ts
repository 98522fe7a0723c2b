import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { parseHtml } from "../../src/web/html.ts";

interface Events {
  open(name: string, attributes: [name: string, value: string][]): void;
  close(name: string): void;
  text(piece: string): void;
}

/** What a parser tells, with the pieces of a text put together and all names in lower case. */
function eventsOf(read: (events: Events) => void): string[] {
  const events: string[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") events.push(text);
    text = "";
  };
  read({
    open(name, attributes) {
      flush();
      const written = attributes.map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
      events.push(`<${name.toLowerCase()}${written.join("")}>`);
    },
    close(name) {
      flush();
      events.push(`</${name.toLowerCase()}>`);
    },
    text: (piece) => void (text += piece),
  });
  flush();
  return events;
}

export const own = (html: string) =>
  eventsOf(({ open, close, text }) =>
    parseHtml(html, {
      onopentag: (name, attributes) => open(name, [...attributes.all()]),
      onclosetag: close,
      ontext: text,
    }),
  );

/** What parse5, which builds the tree of the standard, would have told. */
export const standard = (html: string) => eventsOf((events) => tell(parse(html, { scriptingEnabled: false }), events));

function tell(node: DefaultTreeAdapterTypes.ParentNode, events: Events): void {
  for (const child of node.childNodes) {
    if ("value" in child) events.text(child.value);
    if (!("tagName" in child)) continue;
    events.open(
      child.tagName,
      child.attrs.map(({ name, value }) => [name.toLowerCase(), value]),
    );
    tell("content" in child ? child.content : child, events);
    events.close(child.tagName);
  }
}
