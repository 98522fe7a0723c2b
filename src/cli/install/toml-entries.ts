import { parse as parseToml, stringify, TomlError } from "smol-toml";
import { ConfigError } from "../../errors.ts";
import { isJsonObject } from "../../message.ts";
import type { Entries, Place, ServerEntry } from "./entry.ts";
import { meansTheSame } from "./means-the-same.ts";

/*
 * The entry is a table of its own, so that it can be put and taken without touching another line. Whatever an edit
 * makes is read again and compared with what it is to mean: a file that is written in some other way is refused.
 */

export const tomlEntries: Entries = {
  read: (text, place) => serversIn(parse(text), place)[place.name],
  names: (text, servers) => Object.keys(serversIn(parse(text), { servers, name: "" })),
  set(text, place, entry) {
    const table = tableOf(place, entry, text.includes("\r\n") ? "\r\n" : "\n");
    return checked(text, place, entry, put(text, place, table));
  },
  remove(text, place) {
    return checked(text, place, undefined, put(text, place, undefined));
  },
};

function put(text: string, place: Place, table: string | undefined): string {
  const lines = linesOf(text);
  const found = findTable(linesOf(withoutLongStrings(text)), place);
  if (found !== undefined) {
    const before = lines.slice(0, found.from);
    if (table === undefined && before.at(-1)?.trim() === "") before.pop(); // the blank line that came with it
    return [...before, ...(table === undefined ? [] : [table]), ...lines.slice(found.to)].join("");
  }
  if (table === undefined) return text;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const gap = text.trim() === "" ? "" : eol;
  return `${text}${text === "" || text.endsWith("\n") ? "" : eol}${gap}${table}`;
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

/** A string of several lines may hold what looks like the head of a table. */
function withoutLongStrings(text: string): string {
  return text.replaceAll(/("""|''')[^]*?\1/g, (string) => string.replaceAll(/[^\n]/g, "."));
}

/** The lines from the entry's head to its last one that says something; tables below it are parts of it. */
function findTable(lines: readonly string[], place: Place): { from: number; to: number } | undefined {
  const from = lines.findIndex((line) => isHeadOf(line, place));
  if (from < 0) return undefined;
  const next = lines.findIndex((line, at) => at > from && /^\s*\[/.test(line) && !isHeadOf(line, place));
  let to = next < 0 ? lines.length : next;
  while (to > from + 1 && /^\s*(#.*)?$/.test(lines[to - 1]?.trimEnd() ?? "")) to--;
  return { from, to };
}

function isHeadOf(line: string, { servers, name }: Place): boolean {
  const [, head] = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/.exec(line.trimEnd()) ?? [];
  if (head === undefined) return false;
  const keys = [...head.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+)/g)].map(([, ...spelled]) =>
    spelled.find(isText),
  );
  return keys[0] === servers && keys[1] === name;
}

function isText(group: string | undefined): boolean {
  return group !== undefined;
}

/** Tables within the entry come last: what stands below the head of a table belongs to it. */
function tableOf({ servers, name }: Place, entry: ServerEntry, eol: string): string {
  const key = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
  const items = Object.entries(entry);
  const values = items.filter(([, value]) => !isTable(value)).map(([item, value]) => lineOf(item, value));
  const tables = items.filter(([, value]) => isTable(value));
  const below = tables.flatMap(([item, value]) => ["", stringify({ [servers]: { [name]: { [item]: value } } }).trim()]);
  return [`[${servers}.${key}]`, ...values, ...below.map((text) => text.replaceAll("\n", eol)), ""].join(eol);
}

function isTable(value: unknown): boolean {
  return isJsonObject(value) && !(value instanceof Date);
}

/** As the rest of these settings is usually written, which `stringify` does not do for lists. */
function lineOf(item: string, value: unknown): string {
  const list = Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
  if (list === undefined) return stringify({ [item]: value }).trim();
  return `${stringify({ [item]: "" })
    .trim()
    .slice(0, -2)}[${list.map(textOf).join(", ")}]`;
}

/** What JSON writes as a string is one in TOML too, but for this one character. */
function textOf(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

function checked(before: string, place: Place, entry: ServerEntry | undefined, after: string): string {
  const { servers, rest } = meaning(before, place);
  const { [place.name]: _old, ...others } = servers;
  const wanted = { rest, servers: entry === undefined ? others : { ...others, [place.name]: entry } };
  if (meansTheSame(attempt(after, place), wanted)) return after;
  throw new ConfigError(
    `writes its servers in a way that cannot be edited; give each a table of its own, as [${place.servers}.${place.name}]`,
  );
}

/** What an edit made, if it made TOML at all. */
function attempt(text: string, place: Place): unknown {
  try {
    return meaning(text, place);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return undefined;
    throw thrown;
  }
}

function meaning(text: string, place: Place): { servers: Record<string, unknown>; rest: Record<string, unknown> } {
  const settings = parse(text);
  const { [place.servers]: _servers, ...rest } = settings;
  return { servers: { ...serversIn(settings, place) }, rest };
}

function parse(text: string): Record<string, unknown> {
  try {
    return parseToml(text);
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [why = ""] = thrown.message.split("\n");
    throw new ConfigError(`is not valid TOML: ${why} at line ${thrown.line}, column ${thrown.column}`, {
      cause: thrown,
    });
  }
}

function serversIn(settings: Record<string, unknown>, { servers }: Place): Record<string, unknown> {
  const found = settings[servers];
  if (found === undefined) return {};
  if (!isJsonObject(found)) throw new ConfigError(`has a "${servers}" that is not a table`);
  return found;
}
