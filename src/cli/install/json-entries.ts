import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  parseTree,
  printParseErrorCode,
  stripComments,
  type Node,
  type ParseError,
} from "jsonc-parser";
import { ConfigError } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import type { Entries, Place } from "./entry.ts";

/** JSON as these programs read it: comments and a comma after the last item are kept where they are. */
export const jsonEntries: Entries = {
  read(text, { servers, name }) {
    const root = parse(text, { servers, name });
    return root && valueAt(root, [servers, name]);
  },
  names(text, servers) {
    const root = parse(text, { servers, name: "" });
    const container: unknown = root && valueAt(root, [servers]);
    return isJsonObject(container) ? Object.keys(container) : [];
  },
  set: (text, place, entry) => edit(text, place, entry),
  remove: (text, place) => edit(text, place, undefined),
};

function valueAt(root: Node, path: string[]): unknown {
  const found = findNodeAtLocation(root, path);
  const value: unknown = found && getNodeValue(found);
  return value;
}

function edit(text: string, place: Place, value: unknown): string {
  const root = parse(text, place);
  const whole = root === undefined ? `${afterComments(text)}{}` : text;
  const edits = modify(whole, [place.servers, place.name], value, { formattingOptions: formatOf(text) });
  return applyEdits(whole, edits) + (root === undefined ? "\n" : "");
}

/** What a value is put behind in a text without one. */
function afterComments(text: string): string {
  if (text.trim() === "") return "";
  return text.endsWith("\n") ? text : `${text}${formatOf(text).eol}`;
}

/** Undefined where there is nothing but blanks and comments. */
function parse(text: string, { servers }: Place): Node | undefined {
  if (text.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const root = treeOf(text, errors);
  const isBare = errors.every(({ error }) => printParseErrorCode(error) === "ValueExpected");
  if (isBare && stripComments(text).trim() === "") return undefined;
  const [first] = errors;
  if (first !== undefined) {
    throw new ConfigError(`is not valid JSON: ${printParseErrorCode(first.error)} at ${position(text, first.offset)}`);
  }
  if (root?.type !== "object") throw new ConfigError("does not hold a JSON object");
  rejectTwice(root, servers);
  const container = findNodeAtLocation(root, [servers]);
  if (container !== undefined) {
    if (container.type !== "object") throw new ConfigError(`has a "${servers}" that is not an object`);
    rejectTwice(container);
  }
  return root;
}

function treeOf(text: string, errors: ParseError[]): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true });
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new ConfigError("is nested too deeply to be edited", { cause: thrown });
  }
}

/** Of a key that stands twice the programs read the last, and an edit would change the first. */
function rejectTwice(node: Node, only?: string): void {
  const names = (node.children ?? []).map((property): unknown => property.children?.[0]?.value);
  const twice = names.find((name, at) => names.indexOf(name) !== at && (only === undefined || name === only));
  if (twice !== undefined) throw new ConfigError(`has the key ${JSON.stringify(twice)} twice`);
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

function formatOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const [, indent = "  "] = /^([ \t]+)\S/m.exec(text) ?? [];
  return { insertSpaces: !indent.includes("\t"), tabSize: indent.length, eol: text.includes("\r\n") ? "\r\n" : "\n" };
}
