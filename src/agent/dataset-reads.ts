import type { JsonObject, JsonValue } from "../message.ts";

/**
 * Whether a call may read a dataset. Who made it, in which conversation and of what, its name does not tell, so it is
 * taken for what anybody may have written. A table that is no quoted file's counts as one, if in doubt.
 */
export function namesDataset({ source, sql }: JsonObject): boolean {
  const isFileOfOne = [source, sql].some((text) => typeof text === "string" && kept.test(text));
  return isFileOfOne || isDataset(source) || (typeof sql === "string" && readsDataset(sql));
}

/** Where datasets lie, by a path instead of a name. */
const kept = /ds_[0-9a-f]{16}|\.axoner[/\\]/i;

/** A handle is spelled as a saved name may be. */
function isDataset(source: JsonValue | undefined): boolean {
  return typeof source === "string" && /^\s*[a-z_]\w*\s*$/i.test(source);
}

interface Depth {
  /** Whether commas part tables here. */
  listsTables: boolean;
  /** Whether `from` is a word of a function: `extract(year from day)`. */
  isFunction: boolean;
  /** What `with` names here. */
  named: Set<string>;
}

const token = /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[^\s]/g;
const beforeTable = new Set(["from", "join", "describe", "desc", "summarize", "show", "pivot", "unpivot", "table"]);
const endsTables = new Set(
  "where group order having limit offset qualify window union intersect except select values sample".split(" "),
);
const fromInside = new Set(["extract", "trim", "substring", "overlay"]);

/** Looks at the words alone: what it cannot tell from a dataset counts as one. */
function readsDataset(sql: string): boolean {
  const tokens = (sql.match(token) ?? [])
    .filter((text) => !/^(?:--|\/\*)/.test(text))
    .map((text) => text.toLowerCase());
  const depths: Depth[] = [{ listsTables: false, isFunction: false, named: new Set() }];
  let wantsTable = false;
  for (const [index, text] of tokens.entries()) {
    const depth = depths.at(-1);
    if (depth === undefined) return true; // more is closed than was opened
    const previous = tokens[index - 1] ?? "";
    if (text === "(") {
      depths.push({ listsTables: wantsTable, isFunction: fromInside.has(previous), named: new Set() });
    } else if (text === ")") {
      depths.pop();
      wantsTable = false;
      nameTable(tokens, { closedAt: index, depth: depths.at(-1) });
    } else if (wantsTable && text !== "lateral" && text !== "only") {
      wantsTable = beforeTable.has(text);
      if (endsTables.has(text)) depth.listsTables = false;
      if (!wantsTable && isTable(text, tokens[index + 1]) && !depths.some(({ named }) => named.has(text))) return true;
    } else if (startsTable(text, previous, depth)) {
      wantsTable = true;
      depth.listsTables = true;
    } else if (endsTables.has(text)) depth.listsTables = false;
  }
  return false;
}

function startsTable(text: string, previous: string, { listsTables, isFunction }: Depth): boolean {
  if (text === ",") return listsTables;
  return beforeTable.has(text) && !(text === "from" && (isFunction || previous === "distinct"));
}

/** A word, or something quoted that is no path; the name of a function, or the beginning of a statement, is none. */
function isTable(text: string, next: string | undefined): boolean {
  if (next === "(" || endsTables.has(text) || text === "with") return false;
  return isDataset(/^['"]/.test(text) ? text.slice(1, -1) : text);
}

/** `name as (…)`: from its end on the name is that of no dataset. */
function nameTable(
  tokens: readonly string[],
  { closedAt, depth }: { closedAt: number; depth: Depth | undefined },
): void {
  let open = closedAt;
  for (let closed = 0; open >= 0; open--) {
    if (tokens[open] === ")") closed++;
    if (tokens[open] === "(" && --closed === 0) break;
  }
  const head = tokens.slice(Math.max(0, open - 4), open).filter((word) => word !== "materialized" && word !== "not");
  const name = head.at(-2);
  if (head.at(-1) === "as" && name !== undefined) depth?.named.add(name);
}
