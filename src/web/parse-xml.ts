import { Parser, type Handler } from "htmlparser2";

/** What is nested deeper becomes a sibling. */
const maxDepth = 512;

/** Feed XML to a handler: the case of names counts, any element may be empty, and entities are the five of the standard. */
export function parseXml(xml: string, handler: Partial<Handler>): void {
  new BoundedParser(handler).end(xml);
}

/**
 * htmlparser2 moves its whole stack of open elements for each tag: 100,000 nested ones took it 6 s. Beyond the depth
 * limit an element counts as void, so that it is never put on that stack.
 */
class BoundedParser extends Parser {
  private depth = 0;
  private tooDeep = false;
  private closing = false;

  constructor(handler: Partial<Handler>) {
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
    super(bounded, { xmlMode: true });
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

  override isVoidElement(): boolean {
    return this.tooDeep && !this.closing;
  }
}
