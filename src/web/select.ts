import { errorMessage, ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { silentElements } from "./hidden.ts";
import { parseHtml } from "./html.ts";
import { collapse } from "./sink.ts";

/** A named value to take out of each page. */
export interface Selection {
  name: string;
  css: string;
  /** Take this attribute instead of the text; addresses in it become absolute. */
  attr?: string | undefined;
  /** All matches as a list instead of the first. */
  many?: boolean | undefined;
}

type Query = Awaited<ReturnType<typeof openQuery>>;

const addressAttributes = new Set(["action", "cite", "href", "poster", "src"]);
/** What a tree takes, in bytes; what is larger than this would exhaust the process. Measured on Node 24. */
const maxTreeBytes = 80_000_000;
const bytesOf = { element: 360, attribute: 80, text: 140 };
/** Of all selected values together, and of the parts of text that are looked at: elements in each other repeat theirs. */
const maxSelectedChars = 20_000_000;
const maxTextParts = 20_000_000;

/**
 * One value a selection: text without markup, null where nothing matches, a list where `many`.
 *
 * @throws ToolError `too_large` for a page with too many elements, or values that come to too much
 */
export async function selectValues(
  { html, base }: { html: string; base: string },
  selections: readonly Selection[],
): Promise<JsonValue[]> {
  if (selections.length === 0) return [];
  const query = await openQuery(html);
  const texts = openTexts();
  return selections.map((selection) => {
    const matches = query.root().find(selection.css);
    const values = (selection.many === true ? matches : matches.first())
      .toArray()
      .map((element) => valueOf(query, element, { selection, base, texts }))
      .filter((value) => value !== undefined);
    return selection.many === true ? values : (values[0] ?? null);
  });
}

/** What is wrong with a selector; undefined for one that can be used. */
export async function selectorProblem(css: string): Promise<string | undefined> {
  const query = await openQuery("<p></p>");
  try {
    query.root().find(css);
    return undefined;
  } catch (thrown) {
    return errorMessage(thrown);
  }
}

/** What there is of a page while something is selected from it. */
export async function openSelected(html: string, css: string): Promise<unknown> {
  const query = await openQuery(html);
  return [query, query.root().find(css)];
}

/** Of a tree made by our own parser, whose depth is bounded: cheerio walks it by recursion. */
async function openQuery(html: string) {
  const [{ load }, { DomHandler }] = await Promise.all([import("cheerio/slim"), import("htmlparser2")]);
  const tree = new DomHandler();
  // In one root element: cheerio takes seconds for 50,000 elements beside each other at the top.
  const isRooted = /<html[\s>]/i.test(html.slice(0, 2_000));
  if (!isRooted) tree.onopentag("html", {});
  let bytes = html.length;
  let elements = 0;
  const grow = (more: number) => {
    bytes += more;
    if (bytes <= maxTreeBytes) return;
    throw new ToolError("too_large", `the page has more than ${elements} elements, too many for select; use extract`);
  };
  parseHtml(html, {
    onopentag(name, attributes) {
      elements += 1;
      const record = attributes.record();
      grow(bytesOf.element + bytesOf.attribute * Object.keys(record).length);
      tree.onopentag(name, record);
    },
    onclosetag: () => tree.onclosetag(),
    ontext(text) {
      grow(bytesOf.text);
      tree.ontext(text);
    },
  });
  if (!isRooted) tree.onclosetag();
  tree.onend();
  return load(tree.root);
}

interface Wanted {
  selection: Selection;
  base: string;
  texts: Texts;
}

function valueOf(
  query: Query,
  element: Parameters<Query>[0] & TreeNode,
  { selection: { attr }, base, texts }: Wanted,
): string | undefined {
  if (attr === undefined) return texts.of(element);
  const value = query(element).attr(attr);
  if (value === undefined) return undefined;
  const isAddress = addressAttributes.has(attr.toLowerCase());
  return texts.counted(isAddress ? (URL.parse(value, base)?.href ?? value) : value);
}

/** What of a tree of cheerio's its text is made of. */
interface TreeNode {
  type: string;
  name?: string;
  data?: string;
  children?: readonly TreeNode[];
}

/** The values of a page. Both throw ToolError `too_large` once all of them come to too much. */
interface Texts {
  of(node: TreeNode): string;
  /** The same text. */
  counted(text: string): string;
}

function openTexts(): Texts {
  let chars = 0;
  let parts = 0;
  const add = (node: TreeNode, found: string[]) => {
    parts += 1;
    // The depth of a tree is bounded before it is made.
    if (node.type !== "text") {
      if (!silentElements.has(node.name ?? "")) addAll(node, found);
    } else if (node.data !== undefined) found.push(node.data);
  };
  const addAll = ({ children = [] }: TreeNode, found: string[]) => {
    for (const child of children) add(child, found);
  };
  const counted = (text: string) => {
    chars += text.length;
    if (chars <= maxSelectedChars && parts <= maxTextParts) return text;
    throw new ToolError("too_large", "what is selected comes to too much text; select elements further inside");
  };
  return {
    counted,
    of(node) {
      const found: string[] = [];
      // Who selects a script itself, or the like, asks for its text.
      addAll(node, found);
      return counted(collapse(found.join("")));
    },
  };
}
