import { errorMessage, ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { parseHtml } from "./html.ts";
import { silent } from "./simplify.ts";
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
/** A tree takes some hundred bytes for each element; what is larger than this would exhaust the thread. */
const maxElements = 500_000;

/**
 * One value a selection: text without markup, null where nothing matches, a list where `many`.
 *
 * @throws ToolError `too_large` for a page with too many elements
 */
export async function selectValues(
  { html, base }: { html: string; base: string },
  selections: readonly Selection[],
): Promise<JsonValue[]> {
  if (selections.length === 0) return [];
  const query = await openQuery(html);
  return selections.map((selection) => {
    const matches = query.root().find(selection.css);
    const values = (selection.many === true ? matches : matches.first())
      .toArray()
      .map((element) => valueOf(query(element), selection, base))
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

/** Of a tree made by our own parser, whose depth is bounded: cheerio walks it by recursion. */
async function openQuery(html: string) {
  const [{ load }, { DomHandler }] = await Promise.all([import("cheerio/slim"), import("htmlparser2")]);
  const tree = new DomHandler();
  // In one root element: cheerio takes seconds for 50,000 elements beside each other at the top.
  const isRooted = /<html[\s>]/i.test(html.slice(0, 2_000));
  if (!isRooted) tree.onopentag("html", {});
  let elements = 0;
  parseHtml(html, {
    onopentag(name, attributes) {
      elements += 1;
      if (elements > maxElements) {
        throw new ToolError("too_large", `the page has more than ${maxElements} elements, too many for select`);
      }
      tree.onopentag(name, attributes);
    },
    onclosetag: () => tree.onclosetag(),
    ontext: (text) => tree.ontext(text),
  });
  if (!isRooted) tree.onclosetag();
  tree.onend();
  return load(tree.root);
}

function valueOf(match: ReturnType<Query>, { attr }: Selection, base: string): string | undefined {
  if (attr === undefined) return collapse(match.toArray().map(textOf).join(""));
  const value = match.attr(attr);
  if (value === undefined || !addressAttributes.has(attr.toLowerCase())) return value;
  return URL.parse(value, base)?.href ?? value;
}

/** What of a tree of cheerio's its text is made of. */
interface TreeNode {
  type: string;
  name?: string;
  data?: string;
  children?: readonly TreeNode[];
}

/** The depth of a tree is bounded before it is made. */
function textOf({ type, name = "", data = "", children = [] }: TreeNode): string {
  if (type === "text") return data;
  return silent.has(name) ? "" : children.map(textOf).join("");
}
