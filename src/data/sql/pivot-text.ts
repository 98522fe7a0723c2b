import { ToolError } from "../../errors.ts";

/** What stands for the values of a column that are to be found in its data. */
export function pivotMarker(index: number): string {
  return `axoner:pivot:${index}`;
}

/**
 * `PIVOT t ON m USING sum(v)` as the one statement that `PIVOT t ON m IN ('…') USING sum(v)` is, with a marker for each
 * list of values that is left to the data. Undefined where nothing is.
 *
 * @throws ToolError `invalid_input` for a list that is a query
 */
export function markPivots(sql: string): string | undefined {
  if (sql.includes(pivotMarker(0).slice(0, -1))) return undefined;
  const tokens = tokensOf(sql);
  const items = tokens.flatMap((token, index) => (isPivot(tokens, index) ? itemsOf(tokens, index) : []));
  const open = items.filter((item) => !hasList(item)).toSorted((a, b) => startOf(a) - startOf(b));
  if (open.length === 0) return undefined;
  let marked = sql;
  for (const [index, item] of [...open.entries()].toReversed()) {
    const [start, end] = [startOf(item), endOf(item)];
    // compared as text, as DuckDB does it; the line end closes a comment
    const listed = `cast((${sql.slice(start, end)}\n) as varchar) in ('${pivotMarker(index)}')`;
    marked = marked.slice(0, start) + listed + marked.slice(end);
  }
  return marked;
}

interface Token {
  /** A word in lower case, or a mark; empty for texts and quoted names. */
  text: string;
  start: number;
  end: number;
  /** How many brackets are open around it. */
  depth: number;
}

const piece =
  /(?<skip>\s+|--[^\n]*|\/\*[^]*?\*\/)|(?<opaque>[eE]?'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<tag>\$[A-Za-z_0-9]*\$)[^]*?\k<tag>)|(?<word>[A-Za-z_]\w*)|[^]/g;

/** Roughly: whatever is taken for something else here gives a text that is not run, because it does not come out as expected. */
function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (const { 0: text, index, groups } of sql.matchAll(piece)) {
    if (groups?.["skip"] !== undefined) continue;
    if (/^[)\]}]$/.test(text)) depth -= 1;
    const plain = groups?.["opaque"] === undefined ? text.toLowerCase() : "";
    tokens.push({ text: plain, start: index, end: index + text.length, depth });
    if (/^[([{]$/.test(text)) depth += 1;
  }
  return tokens;
}

/** Whether a statement of the form `PIVOT … ON` begins here; `FROM t PIVOT (… FOR …)` has its values always. */
function isPivot(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token === undefined || !/^pivot(_wider)?$/.test(token.text)) return false;
  if (tokens[index + 1]?.text !== "(") return true;
  const inner = tokens.slice(index + 2);
  const close = inner.findIndex(({ depth }) => depth <= token.depth);
  return !inner.slice(0, close).some(({ text, depth }) => text === "for" && depth === token.depth + 1);
}

/** The tokens of each expression after the `ON` of a pivot. */
function itemsOf(tokens: readonly Token[], index: number): Token[][] {
  const depth = tokens[index]?.depth ?? 0;
  const after = tokens.slice(index + 1);
  const end = after.findIndex(
    (token) => token.depth < depth || (token.depth === depth && /^(union|except|intersect|;)$/.test(token.text)),
  );
  const own = end < 0 ? after : after.slice(0, end);
  // earlier ones are those of joins
  const on = own.findLastIndex((token) => token.depth === depth && token.text === "on");
  if (on < 0) return [];
  const items: Token[][] = [[]];
  for (const token of own.slice(on + 1)) {
    if (token.depth === depth && /^(using|group|order|limit|offset)$/.test(token.text)) break;
    if (token.depth === depth && token.text === ",") items.push([]);
    else items.at(-1)?.push(token);
  }
  return items.filter((item) => item.length > 0);
}

function hasList(item: readonly Token[]): boolean {
  const depth = item[0]?.depth;
  const at = item.findIndex((token) => token.depth === depth && token.text === "in");
  if (at >= 0 && /^(select|from|with|values)$/.test(item[at + 2]?.text ?? ""))
    throw new ToolError(
      "invalid_input",
      "PIVOT takes no query for its values; write them, ON column IN ('a', 'b'), or leave IN (…) away for all that there are",
    );
  return at >= 0;
}

function startOf(item: readonly Token[]): number {
  return item[0]?.start ?? 0;
}

function endOf(item: readonly Token[]): number {
  return item.at(-1)?.end ?? 0;
}
