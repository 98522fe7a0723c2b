import { scopes } from "./html-kinds.ts";
import { lastOf, type Named } from "./html-stack.ts";
import type { TreeBuilder } from "./html-tree.ts";

/** End what ends where an element with a rule of its own starts; whether it may start there at all. */
export function startsHere(tree: TreeBuilder, element: Named): boolean {
  const { stack } = tree;
  const { name, kind } = element;
  switch (kind.start) {
    case "link":
      if (tree.hasFormat(element)) tree.endFormat(element);
      return true;
    case "item":
      if (element.last >= 0) tree.close(element, stack.bound(scopes.item));
      return true;
    case "cell":
      // In its row, as most are.
      return stack.innermost === tree.parts.tr || startTablePart(tree, element);
    case "heading":
      if (stack.innermost?.kind.start === "heading") stack.closeInnermost();
      return true;
    case "definition":
      tree.closeName("dt", stack.bound(scopes.item));
      tree.closeName("dd", stack.bound(scopes.item));
      return true;
    case "form":
      return tree.startForm();
    case "button":
      tree.close(element, stack.bound(scopes.any));
      return true;
    case "nobr":
      tree.resume();
      if (element.last > stack.bound(scopes.any)) tree.endFormat(element);
      return true;
    case "ruby":
    case "reading":
      if (tree.last("ruby") > stack.bound(scopes.any)) tree.closeImplied(kind.start === "ruby" ? undefined : "rtc");
      return true;
    case "document":
      return startDocument(tree, name);
    case "select":
    case "field":
    case "option":
    case "optgroup":
      return startField(tree, element);
    default:
      return startTablePart(tree, element);
  }
}

function startDocument(tree: TreeBuilder, name: string): boolean {
  const { innermost } = tree.stack;
  // What comes late is around nothing.
  if (innermost !== undefined && (name === "html" || (name === "head" && innermost.name !== "html"))) return false;
  if (!tree.seeFirst(name)) return false;
  if (name === "body") tree.closeName("head", 0);
  return true;
}

function startField(tree: TreeBuilder, element: Named): boolean {
  const { parts } = tree;
  const least = tree.stack.bound(scopes.any) + 1;
  switch (element.kind.start) {
    case "select":
      // One in another only ends it.
      return !tree.close(element, least);
    case "field":
      tree.closeName("select", least);
      return true;
    case "option":
      tree.close(element, Math.max(least, lastOf(parts.lists), parts.optgroup.last));
      return true;
    default: {
      const list = Math.max(least, lastOf(parts.lists));
      if (!tree.close(element, list)) tree.closeName("option", list);
      return true;
    }
  }
}

/** End what is open down to where a part of a table may stand; one that is in no table is none. */
function startTablePart(tree: TreeBuilder, { name, kind: { start } }: Named): boolean {
  const { stack, parts } = tree;
  const table = stack.bound(scopes.table);
  const isTable = stack.at(table)?.name === "table";
  if (start === "table") {
    // In a cell it is one of its own.
    if (isTable && lastOf(parts.cells) < table) stack.closeTo(table);
    return true;
  }
  if (table < 0) return false;
  const section = Math.max(table, lastOf(parts.sections));
  const row = parts.tr.last;
  if (start === "cell" && row > table) stack.closeTo(row + 1);
  else if (start === "cell" || start === "row") stack.closeTo(section + 1);
  else if (name !== "col" || stack.innermost?.name !== "colgroup") stack.closeTo(table + 1);
  if (start === "cell" && row < table && isTable) tree.open(parts.tr, {});
  return true;
}
