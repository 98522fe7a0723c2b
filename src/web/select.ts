import { errorMessage, ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { Shape } from "./extract.ts";
import { silent, simplifyHtml } from "./simplify.ts";
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
/** Pages within both are given to cheerio as they are. */
const ordinary: Shape = { elements: 50_000, depth: 256 };

/**
 * One value a selection: text without markup, null where nothing matches, a list where `many`.
 *
 * @throws ToolError `too_large` for a page with too many elements
 */
export async function selectValues(
  { html, base, shape }: { html: string; base: string; shape: Shape },
  selections: readonly Selection[],
): Promise<JsonValue[]> {
  if (selections.length === 0) return [];
  if (shape.elements > maxElements) {
    throw new ToolError("too_large", `the page has more than ${maxElements} elements, too many for select`);
  }
  // Cheerio brings a parser of its own, without such limits, and walks the tree by recursion.
  const isOrdinary = shape.elements <= ordinary.elements && shape.depth <= ordinary.depth;
  const query = await openQuery(isOrdinary ? html : `<html>${simplifyHtml(html)}`);
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

/** In one root element: cheerio takes seconds for 50,000 elements beside each other at the top. */
async function openQuery(html: string) {
  const { load } = await import("cheerio/slim");
  return load(/<html[\s>]/i.test(html.slice(0, 2_000)) ? html : `<html>${html}`);
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
