import { noAttributes } from "./html-attributes.ts";
import { elementOf, scopes, starts, type Named } from "./html-kinds.ts";
import type { TreeBuilder } from "./html-tree.ts";

const [dd, dt, head, html, option, optgroup, ruby, select, table, tr] = [
  elementOf("dd"),
  elementOf("dt"),
  elementOf("head"),
  elementOf("html"),
  elementOf("option"),
  elementOf("optgroup"),
  elementOf("ruby"),
  elementOf("select"),
  elementOf("table"),
  elementOf("tr"),
];
const cells = ["td", "th", "caption"].map(elementOf);
const sections = ["tbody", "thead", "tfoot"].map(elementOf);
const lists = ["select", "datalist"].map(elementOf);

/** End what ends where an element with a rule of its own starts; whether it may start there at all. */
export function startsHere(tree: TreeBuilder, element: Named): boolean {
  const { stack } = tree;
  const { kind } = element;
  switch (kind.start) {
    case starts.link:
      if (tree.hasFormat(element)) tree.endFormat(element);
      return true;
    case starts.item:
      tree.close(element, stack.bound(scopes.item));
      return true;
    case starts.cell:
      // In its row, as most are.
      return stack.innermost === tr || startTablePart(tree, element);
    case starts.heading:
      if (stack.innermost?.kind.start === starts.heading) stack.closeInnermost();
      return true;
    case starts.definition:
      tree.close(dt, stack.bound(scopes.item));
      tree.close(dd, stack.bound(scopes.item));
      return true;
    case starts.form:
      return tree.startForm();
    case starts.button:
      tree.close(element, stack.bound(scopes.any));
      return true;
    case starts.nobr:
      tree.resume();
      if (stack.last(element) > stack.bound(scopes.any)) tree.endFormat(element);
      return true;
    case starts.ruby:
    case starts.reading:
      if (stack.last(ruby) > stack.bound(scopes.any)) {
        tree.closeImplied(kind.start === starts.ruby ? undefined : "rtc");
      }
      return true;
    case starts.document:
      return startDocument(tree, element);
    case starts.select:
    case starts.field:
    case starts.option:
    case starts.optgroup:
      return startField(tree, element);
    default:
      return startTablePart(tree, element);
  }
}

function startDocument(tree: TreeBuilder, element: Named): boolean {
  const { innermost } = tree.stack;
  // What comes late is around nothing.
  if (innermost !== undefined && (element === html || (element === head && innermost !== html))) return false;
  if (!tree.seeFirst(element)) return false;
  if (element.name === "body") tree.close(head, 0);
  return true;
}

function startField(tree: TreeBuilder, element: Named): boolean {
  const { stack } = tree;
  const least = stack.bound(scopes.any) + 1;
  switch (element.kind.start) {
    case starts.select:
      // One in another only ends it.
      return !tree.close(element, least);
    case starts.field:
      tree.close(select, least);
      return true;
    case starts.option:
      tree.close(element, Math.max(least, stack.lastOf(lists), stack.last(optgroup)));
      return true;
    default: {
      const list = Math.max(least, stack.lastOf(lists));
      if (!tree.close(element, list)) tree.close(option, list);
      return true;
    }
  }
}

/** End what is open down to where a part of a table may stand; one that is in no table is none. */
function startTablePart(tree: TreeBuilder, { name, kind: { start } }: Named): boolean {
  const { stack } = tree;
  const around = stack.bound(scopes.table);
  const isTable = stack.at(around) === table;
  if (start === starts.table) {
    // In a cell it is one of its own.
    if (isTable && stack.lastOf(cells) < around) stack.closeTo(around);
    return true;
  }
  if (around < 0) return false;
  const section = Math.max(around, stack.lastOf(sections));
  const row = stack.last(tr);
  if (start === starts.cell && row > around) stack.closeTo(row + 1);
  else if (start === starts.cell || start === starts.row) stack.closeTo(section + 1);
  else if (name !== "col" || stack.innermost?.name !== "colgroup") stack.closeTo(around + 1);
  if (start === starts.cell && row < around && isTable) tree.open(tr, noAttributes);
  return true;
}
