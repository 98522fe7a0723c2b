import { Parser, type Handler, type ParserOptions } from "htmlparser2";

/** As deep as browsers go; what is nested deeper becomes a sibling. */
const maxDepth = 512;

/** Feed HTML to a handler. Time and stack stay bounded for any nesting. */
export function parseHtml(html: string, handler: Partial<Handler>): void {
  const parser = new BoundedParser(handler, {});
  parser.end(html);
}

/** As `parseHtml`, of XML: the case of names counts, any element may be empty, and entities are the five of the standard. */
export function parseXml(xml: string, handler: Partial<Handler>): void {
  const parser = new BoundedParser(handler, { xmlMode: true });
  parser.end(xml);
}

/**
 * htmlparser2 moves its whole stack of open elements for each tag: 100,000 nested ones took it 6 s. Beyond the depth
 * limit an element counts as void, so that it is never put on that stack.
 */
class BoundedParser extends Parser {
  private depth = 0;
  private tooDeep = false;
  private closing = false;

  constructor(handler: Partial<Handler>, options: ParserOptions) {
    const bounded: Partial<Handler> = {
      ...handler,
      onopentag: (name, attributes, isImplied) => {
        this.depth += 1;
        handler.onopentag?.(name, attributes, isImplied);
      },
      onclosetag: (name, isImplied) => {
        this.depth -= 1;
        handler.onclosetag?.(name, isImplied);
      },
    };
    super(bounded, options);
  }

  override onopentagname(start: number, endIndex: number): void {
    this.tooDeep = this.depth >= maxDepth;
    super.onopentagname(start, endIndex);
  }

  override onclosetag(start: number, endIndex: number): void {
    this.closing = true;
    super.onclosetag(start, endIndex);
    this.closing = false;
  }

  override isVoidElement(name: string): boolean {
    // An empty name is a second <form>, which htmlparser2 drops.
    return super.isVoidElement(name) || (this.tooDeep && !this.closing && name !== "");
  }
}
