import { ConfigError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message.ts";

/**
 * Read a JSON object that a person wrote.
 *
 * @throws ConfigError that shows where the text stops being JSON
 */
export function parseJsonInput(text: string): JsonObject {
  const value = parse(text);
  if (isJsonObject(value)) return value;
  throw new ConfigError(`the input must be a JSON object such as '{"name": "value"}', not ${kindOf(value)}`);
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (thrown) {
    const { offset, wanted } = findBreak(text);
    const message = `the input is not JSON at character ${offset + 1}: expected ${wanted}\n${pointAt(text, offset)}`;
    throw new ConfigError(message, { cause: thrown });
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The line that holds the offset, cut to what fits, and a mark below it. */
function pointAt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const start = Math.max(lineStart, offset - 50);
  const [shown = ""] = text.slice(start, offset + 25).split("\n");
  return `  ${shown.replaceAll("\t", " ")}\n  ${" ".repeat(offset - start)}^`;
}

/** What may come next: a value, an item of a list or its end, a name, … */
type State = "value" | "item" | "name" | "firstName" | "colon" | "comma" | "end";

const token =
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Where a text stops being JSON, and what would have to stand there. JavaScript's own messages often do not say. */
function findBreak(text: string): { offset: number; wanted: string } {
  const closers: string[] = [];
  let state: State = "value";
  let offset = 0;
  for (;;) {
    while (/[ \t\r\n]/.test(text.charAt(offset))) offset += 1;
    token.lastIndex = offset;
    const found = token.exec(text)?.[0] ?? "";
    const next = advance(state, found, closers);
    if (next === undefined) return { offset, wanted: wantedIn(state, closers.at(-1), text.charAt(offset)) };
    offset += found.length;
    state = next;
  }
}

/** The state behind `found`; undefined where it may not stand. */
function advance(state: State, found: string, closers: string[]): State | undefined {
  const isValueDue = state === "value" || state === "item";
  if (found === "") return undefined;
  if (found === closers.at(-1) && (state === "item" || state === "firstName" || state === "comma")) {
    closers.pop();
    return closers.length === 0 ? "end" : "comma";
  }
  if (isValueDue && (found === "{" || found === "[")) {
    closers.push(found === "{" ? "}" : "]");
    return found === "{" ? "firstName" : "item";
  }
  if (isValueDue && !"}],:".includes(found)) return closers.length === 0 ? "end" : "comma";
  if ((state === "name" || state === "firstName") && found.startsWith('"')) return "colon";
  if (state === "colon" && found === ":") return "value";
  if (state === "comma" && found === ",") return closers.at(-1) === "}" ? "name" : "value";
  return undefined;
}

function wantedIn(state: State, closer: string | undefined, character: string): string {
  if (character === '"' && state !== "colon" && state !== "comma" && state !== "end") {
    return 'a string that ends in " and holds no line break or unknown escape';
  }
  switch (state) {
    case "value":
      return "a value";
    case "item":
      return "a value or ]";
    case "name":
      return "a name in double quotes";
    case "firstName":
      return "a name in double quotes or }";
    case "colon":
      return "a colon";
    case "comma":
      return `a comma or ${closer ?? "the end"}`;
    case "end":
      return "nothing more";
  }
}
