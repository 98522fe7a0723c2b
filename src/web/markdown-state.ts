import type { TableWriter } from "./markdown-table.ts";
import type { Resolve } from "./sink.ts";
import { openSpans, type ResolveSpans } from "./table-grid.ts";
import type { TextRoom } from "./text-pieces.ts";
import { TextWriter } from "./text-writer.ts";

export type Style = "markdown" | "text";
export type Close = () => void;

/** What surrounds the element that is being read: where text goes, and what it is collected for. */
export interface State {
  style: Style;
  resolve: Resolve;
  /** What may still be written. */
  room: TextRoom;
  resolveSpans: ResolveSpans;
  /** The page, and in it the table cells that are open. */
  writers: TextWriter[];
  tables: TableWriter[];
  lists: { ordered: boolean; next: number }[];
  /** Text that is not written as it comes: of code, where white space counts, of a formula or of a sign. */
  capture: string[] | undefined;
  /** Of the code that is open, or what surrounds the next says of it. */
  language: string;
  /** Headings and links cannot hold blocks. */
  flat: number;
  headings: number;
  /** Elements that raise their text, and whether such a text comes next. */
  sups: number;
  raised: boolean;
  /** Whether lists hold what the marks in the text refer to. */
  inNotes: boolean;
  /** The last part of a list of definitions. */
  definition: "dt" | "dd" | undefined;
  /** What is found in a formula besides its signs. */
  tex: string | undefined;
}

export function openState(style: Style, resolve: Resolve, room: TextRoom): { state: State; page: TextWriter } {
  const page = openWriter(style, room);
  const state: State = {
    style,
    resolve,
    room,
    resolveSpans: openSpans(),
    writers: [page],
    tables: [],
    lists: [],
    capture: undefined,
    language: "",
    flat: 0,
    headings: 0,
    sups: 0,
    raised: false,
    inNotes: false,
    definition: undefined,
    tex: undefined,
  };
  return { state, page };
}

export function current(state: State): TextWriter {
  const writer = state.writers.at(-1);
  if (writer === undefined) throw new TypeError("a page has no writer");
  return writer;
}

/** Write what follows to a writer of its own until the end of an element. */
export function openCell(state: State, done: (text: string) => void): Close {
  const { lists, flat } = state;
  state.writers.push(openWriter(state.style, state.room));
  state.lists = [];
  state.flat = 0;
  return () => {
    done(String(state.writers.pop() ?? ""));
    state.lists = lists;
    state.flat = flat;
  };
}

function openWriter(style: Style, room: TextRoom): TextWriter {
  return new TextWriter(room, style === "markdown" ? escapeMarkdown : (text) => text);
}

/** Only what would be read as Markdown is escaped, so that ordinary text and formulas stay as they are. */
export function escapeMarkdown(text: string, startsLine: boolean): string {
  const inert = /[\\`*[\]<_]/.test(text)
    ? text.replace(/\\(?![()])|[`*[\]]|<(?=[a-z/!?])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/giu, "\\$&")
    : text;
  if (!startsLine || !/^[#>+=\d-]/.test(inert)) return inert;
  return inert.replace(/^(?:#{1,6}|>|[-+]|=+)(?=\s|$)/, "\\$&").replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}
