import { open } from "node:fs/promises";
import { cutText } from "../../text/text.ts";
import type { Column } from "../dataset.ts";
import { readJson, type JsonReading, type Layout } from "../json/json-file.ts";
import {
  areNames,
  columnType,
  isByText,
  isMixed,
  isTable,
  kinds,
  newShape,
  numbers,
  type Shape,
} from "../json/json-shape.ts";
import type { Editing } from "../json/json-scanner.ts";
import { quoteName } from "../sql-text.ts";
import { readBytes } from "../text/byte-stream.ts";
import { columnNames } from "../text/header.ts";
import { countRead, type ReadCount } from "../text/read-count.ts";
import { writeFailure, type Workspace } from "../workspace.ts";
import type { OpenSource } from "./open-sources.ts";
import type { SourceProblem } from "./sql-wire.ts";

/** How DuckDB reads JSON: as columns whose types hold all of its values as they are, for all of it was looked at. */
export interface JsonTable {
  columns: Column[];
  /** Rows are objects, whose fields are the columns; else each is the value of the one column. */
  isRecords: boolean;
  format: "newline_delimited" | "array" | "unstructured" | "auto";
  problems: SourceProblem[];
}

interface Opening {
  workspace: Workspace;
  copies: string[];
  names: Map<string, string>;
  reading: ReadCount;
}

/**
 * Find out what all the values of JSON are. Left to itself, DuckDB looks at the first rows, makes 2 of a later 1.5 and
 * leaves out later fields; of numbers it keeps what a floating-point number does. Where numbers say more than that, or
 * SQL cannot tell fields by their names, a copy is read in which such numbers are texts and such fields have other names.
 *
 * @throws ToolError as `readJson`; `unavailable` where no copy can be written
 */
export async function openJson(source: OpenSource, opening: Opening): Promise<void> {
  if (source.source.columns !== undefined) return;
  const root = newShape();
  const layouts = new Set<Layout>();
  let isMarked = false;
  await readFiles(source, opening.reading, async (chunks, reading) => {
    const form = await readJson(chunks, { ...reading, root });
    layouts.add(form.layout);
    isMarked ||= form.isMarked;
  });
  source.json = describe(root, layouts, source.source.name);
  const editing = editingOf(root) ?? (isMarked ? unchanged : undefined);
  if (editing === undefined) return;
  await copyFiles(source, { editing, root }, opening);
  source.json.format = "newline_delimited";
}

/**
 * After an answer: whether files were written to in the meantime, and hold values by now that the columns do not. A
 * copy that is read in their place is what it was.
 */
export async function isOutdated(source: OpenSource, reading: ReadCount): Promise<boolean> {
  const { json, files } = source;
  if (json === undefined || files.some(({ handle }) => handle === undefined)) return false;
  if ((await source.changes()) !== "written") return false;
  const root = newShape();
  await readFiles(source, reading, async (chunks, file) => void (await readJson(chunks, { ...file, root })));
  const now = describe(root, new Set(), source.source.name);
  return JSON.stringify(now.columns) !== JSON.stringify(json.columns) || editingOf(root) !== undefined;
}

type ReadFile = (chunks: AsyncIterable<Uint8Array>, reading: Omit<JsonReading, "root">, index: number) => Promise<void>;

async function readFiles({ source, files }: OpenSource, count: ReadCount, read: ReadFile): Promise<void> {
  for (const [index, { handle, compression }] of files.entries()) {
    const { shown = source.name, sizeBytes = 0 } = source.files[index] ?? {};
    if (handle === undefined) continue;
    const chunks = readBytes(handle, { compression, shown, onRead: countRead(count, sizeBytes) });
    await read(chunks, { shown, isLines: source.format === "jsonl" }, index);
  }
}

const formats = { lines: "newline_delimited", array: "array", loose: "unstructured" } as const;

function describe(root: Shape, layouts: ReadonlySet<Layout>, name: string): JsonTable {
  const [layout = "lines", ...others] = layouts;
  const format = others.length === 0 ? formats[layout] : "auto";
  const { fields } = root;
  if (fields === undefined || !isTable(root)) {
    const problems = mixedProblems("json", root, name).slice(0, maxTold);
    return { columns: [{ name: "json", type: columnType(root) }], isRecords: false, format, problems };
  }
  const names = namesOf(fields.names);
  const shapeAt = (index: number) => fields.shapes[index] ?? newShape();
  const columns = names.map((column, index) => ({ name: column, type: columnType(shapeAt(index)) }));
  const problems = names.flatMap((column, index) => problemsOf(column, shapeAt(index), name));
  return { columns, isRecords: true, format, problems: [...renamed(fields.names, names, name), ...problems] };
}

function namesOf(names: readonly string[]): string[] {
  return areNames(names) ? [...names] : columnNames(names, true);
}

function renamed(written: readonly string[], names: readonly string[], source: string): SourceProblem[] {
  const changed = written.flatMap((name, index) => {
    const now = names[index] ?? name;
    return now === name ? [] : [`${JSON.stringify(cutText(name, 60))} -> ${JSON.stringify(cutText(now, 60))}`];
  });
  if (changed.length === 0) return [];
  const more = changed.length > maxTold ? ` and ${changed.length - maxTold} more` : "";
  const message = `'${source}' has keys that SQL cannot tell from others or use as names; read as ${changed.slice(0, maxTold).join(", ")}${more}`;
  return [{ line: 0, code: "renamed", message }];
}

const maxTold = 10;

function problemsOf(column: string, shape: Shape, source: string): SourceProblem[] {
  return [...mixedProblems(column, shape, source).slice(0, maxTold), ...inexactProblems(column, shape, source)];
}

/** What values are called, and where the first of each is. */
const groups = [
  { kind: kinds.boolean, name: "true or false" },
  { kind: numbers, name: "numbers" },
  { kind: kinds.string, name: "texts" },
  { kind: kinds.object, name: "objects" },
  { kind: kinds.list, name: "lists" },
] as const;

/** A place and all within it, by their paths, as far as they may be entered. */
function* placesOf(
  shape: Shape,
  path: string,
  mayEnter: (shape: Shape) => boolean = () => true,
): Generator<{ shape: Shape; path: string }> {
  yield { shape, path };
  if (!mayEnter(shape)) return;
  const { fields, items } = shape;
  for (const [index, field] of (fields?.shapes ?? []).entries())
    yield* placesOf(field, `${path}.${fields?.names[index] ?? ""}`, mayEnter);
  if (items !== undefined) yield* placesOf(items, `${path}[]`, mayEnter);
}

/** Of a place and of all within it; what is within JSON stays as it is. */
function mixedProblems(column: string, root: Shape, source: string): SourceProblem[] {
  return [...placesOf(root, column, ({ kinds: all }) => !isMixed(all))].flatMap(({ shape, path }) =>
    isMixed(shape.kinds) ? [mixedProblem(path, shape, source)] : [],
  );
}

function mixedProblem(column: string, shape: Shape, source: string): SourceProblem {
  const told = groups.flatMap(({ kind, name }) => {
    const first = shape.firsts.find((one) => (one.kind & kind) !== 0);
    return first === undefined ? [] : [`${name} (first on ${first.place})`];
  });
  const isNested = (shape.kinds & (kinds.object | kinds.list)) !== 0;
  const now = isNested ? "JSON, of which ->>'$' gives each value as text" : "text";
  const message = `column "${column}" of '${source}' holds ${told.join(", ")}, and is read as ${now}`;
  return { line: 0, code: "mixed_kinds", message };
}

/** Numbers anywhere in a column that are read as they are written. */
function inexactProblems(column: string, root: Shape, source: string): SourceProblem[] {
  return [...placesOf(root, column)].flatMap(({ shape, path }) => {
    if ((shape.kinds & kinds.inexact) === 0 && !isByText(shape.kinds)) return [];
    const long = shape.firsts.findLast(({ kind }) => (kind & (kinds.inexact | kinds.giant | kinds.odd)) !== 0);
    const where = long === undefined ? "" : `, first on ${long.place}`;
    const advice = path === column ? `; try_cast(${quoteName(column)} as double) rounds them` : "";
    const message = `"${path}" of '${source}' holds numbers with more digits than a number type keeps${where}; they are read as texts${advice}`;
    return [{ line: 0, code: "inexact_numbers" as const, message }];
  });
}

/** What has to be written otherwise for DuckDB to read it; undefined where nothing has. */
function editingOf(root: Shape): Editing | undefined {
  const { names = [] } = root.fields ?? {};
  const isRenamed = isTable(root) && !areNames(names);
  if (!isRenamed && !hasDigits(root)) return undefined;
  const written = new Map(namesOf(names).map((now, index) => [names[index] ?? now, now]));
  return {
    number: (shape, kind, text) =>
      (kind & kinds.inexact) !== 0 || isByText(shape.kinds) ? JSON.stringify(text) : undefined,
    key: (name) => {
      const now = isRenamed ? written.get(name) : undefined;
      return now === undefined || now === name ? undefined : JSON.stringify(now);
    },
  };
}

/** DuckDB takes the mark at the beginning of a text for a mistake; copies have none. */
const unchanged: Editing = { number: () => undefined, key: () => undefined };

/** Whether there are numbers whose digits DuckDB would not keep. Integers it reads as texts by itself. */
function hasDigits({ kinds: all, fields, items }: Shape): boolean {
  if ((all & kinds.inexact) !== 0 || (isByText(all) && (all & kinds.fraction) !== 0)) return true;
  return (items !== undefined && hasDigits(items)) || (fields?.shapes.some(hasDigits) ?? false);
}

interface Copying {
  editing: Editing;
  root: Shape;
}

async function copyFiles(
  source: OpenSource,
  { editing, root }: Copying,
  { workspace, copies, names, reading }: Opening,
): Promise<void> {
  await readFiles(source, reading, async (chunks, file, index) => {
    const path = await workspace.temporaryPath(".jsonl");
    copies.push(path);
    const copy = await open(path, "wx", 0o600);
    const write = async (rows: readonly Uint8Array[]) => {
      await copy.appendFile(Buffer.concat(rows.flatMap((row) => [row, lineEnd])));
    };
    try {
      await readJson(chunks, { ...file, editing, root, onRows: write });
    } catch (thrown) {
      throw writeFailure(thrown, "a copy of JSON that keeps its digits");
    } finally {
      await copy.close();
    }
    const { text } = source.files[index] ?? {};
    source.files[index] = { path, compression: "none", dialect: undefined, ...(text === undefined ? {} : { text }) };
    names.set(path, file.shown);
  });
}

const lineEnd = Buffer.from("\n");
