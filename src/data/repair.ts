import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { toJson } from "../text.ts";
import { readBytes } from "./byte-stream.ts";
import type { Dialect } from "./dialect.ts";
import { columnNames } from "./header.ts";
import { lenientRecords, type LenientRecord } from "./lenient-records.ts";
import type { OpenFile } from "./open-sources.ts";
import type { SourceProblem } from "./sql-wire.ts";

/** Problems that are told one by one; the others are counted. */
const maxProblems = 100;

/** The column that holds what rows have beyond the others, as a JSON list. */
export const extraColumn = "extra_cells";

const sampledAtFirst = 1_000;
const sampledEvery = 1_000;
const maxSampled = 5_000;

/** What a pass over a file tells, before anything of it is written. */
interface Survey {
  hasExtra: boolean;
  sample: string[][];
  problems: SourceProblem[];
  problemCount: number;
}

/**
 * Write a copy of a delimited file whose rows break the rules in which none does, and say what is different: a short row
 * gets empty cells, and what a long one has too much goes into a column of its own. Nothing is left out.
 *
 * @param target where the copy is written
 * @returns the copy, in the file's place, and what is wrong with the file line by line
 * @throws ToolError `too_large`, `unreadable`
 */
export async function repairFile(
  file: OpenFile,
  { target, shown }: { target: string; shown: string },
): Promise<{ file: OpenFile; problems: SourceProblem[] }> {
  const dialect = dialectOf(file, shown);
  const options = optionsOf(dialect, shown);
  const records = () => dataRecords(file, options, dialect.header);
  const survey = await surveyOf(records(), options);
  const names = survey.hasExtra ? [...dialect.columns, extraColumn] : dialect.columns;
  const columns = columnNames(names, true);
  await pipeline(Readable.from(copyOf(records(), columns, options.width)), createWriteStream(target, { mode: 0o600 }));
  const repaired = { ...dialect, delimiter: ",", skip: 0, problems: [], header: true, columns, sample: survey.sample };
  const { repairPath: _, ...rest } = file;
  return {
    file: { ...rest, path: target, compression: "none", dialect: repaired },
    problems: told(survey, file, shown),
  };
}

/** The rows of a delimited file, without the names of its columns. */
export function recordsOf(file: OpenFile, shown: string): AsyncGenerator<LenientRecord> {
  const dialect = dialectOf(file, shown);
  return dataRecords(file, optionsOf(dialect, shown), dialect.header);
}

function dialectOf({ dialect }: OpenFile, shown: string): Dialect {
  if (dialect === undefined) throw new Error(`${shown} is no delimited text`);
  return dialect;
}

function optionsOf({ delimiter, columns, skip }: Dialect, shown: string): Options {
  return { delimiter, width: columns.length, skip, shown };
}

type Options = Parameters<typeof lenientRecords>[1];

async function* dataRecords(
  { path, compression }: OpenFile,
  options: Options,
  header: boolean,
): AsyncGenerator<LenientRecord> {
  const handle = await open(path);
  try {
    let isFirst = header;
    for await (const record of lenientRecords(readBytes(handle, { compression, shown: options.shown }), options)) {
      if (!isFirst) yield record;
      isFirst = false;
    }
  } finally {
    await handle.close();
  }
}

async function surveyOf(records: AsyncIterable<LenientRecord>, { width }: Options): Promise<Survey> {
  const survey: Survey = { hasExtra: false, sample: [], problems: [], problemCount: 0 };
  let row = 0;
  for await (const record of records) {
    const { cells } = record;
    if (cells.length > width) survey.hasExtra = true;
    const all = problemsOf(record, width);
    survey.problemCount += all.length;
    survey.problems.push(...all.slice(0, maxProblems - survey.problems.length));
    const isSampled = row < sampledAtFirst || (row % sampledEvery === 0 && survey.sample.length < maxSampled);
    if (isSampled) survey.sample.push(Array.from({ length: width }, (_, index) => cells[index] ?? ""));
    row += 1;
  }
  return survey;
}

/** What is wrong with a row of a table of so many columns; each message goes on from the line. */
export function problemsOf({ line, cells, problems }: LenientRecord, width: number): SourceProblem[] {
  return [...problems, ...widthProblem(line, cells.length, width)];
}

function widthProblem(line: number, found: number, width: number): SourceProblem[] {
  if (found === width) return [];
  const message = `has ${found} cells where ${width} are expected; `;
  return found < width
    ? [{ line, code: "missing_cells", message: `${message}the others are null` }]
    : [{ line, code: "extra_cells", message: `${message}the others are in the column ${extraColumn}` }];
}

/** Each problem with its place, and how many there are beyond those that are told. */
function told({ problems, problemCount }: Survey, { sheet }: OpenFile, shown: string): SourceProblem[] {
  const placed = problems.map(({ line, code, message }) => {
    const place = sheet?.rowOf(line) ?? line;
    return { line: place, code, message: `line ${place} of '${shown}' ${message}` };
  });
  const last = placed.at(-1);
  if (last === undefined || problemCount === placed.length) return placed;
  const more = `'${shown}' has ${problemCount - placed.length} more problems after line ${last.line}`;
  return [...placed, { line: last.line, code: "more", message: more }];
}

async function* copyOf(
  records: AsyncIterable<LenientRecord>,
  columns: readonly string[],
  width: number,
): AsyncGenerator<string> {
  let block = `${columns.map(quoted).join()}\n`;
  for await (const { cells } of records) {
    const row = Array.from({ length: columns.length }, (_, index) => (index < width ? (cells[index] ?? "") : ""));
    if (cells.length > width) row[width] = toJson(cells.slice(width));
    block += `${row.map(quoted).join()}\n`;
    if (block.length < 256 * 1024) continue;
    yield block;
    block = "";
  }
  yield block;
}

/** Always within quotes: a blank line would be no row. Empty cells are null even so. */
function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}
