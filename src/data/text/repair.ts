import { open } from "node:fs/promises";
import { toJson } from "../../text/text.ts";
import { paddingProblem, readBytes, type Packed } from "./byte-stream.ts";
import type { Dialect } from "./dialect.ts";
import { columnNames } from "./header.ts";
import { lenientBatches, type LenientOptions, type LenientRecord } from "./lenient-records.ts";
import type { OpenFile } from "../sql/open-sources.ts";
import type { SourceProblem } from "../sql/sql-wire.ts";

/** Problems that are told one by one; the others are counted. */
const maxProblems = 100;

/** The column that holds what rows have beyond the others, as a JSON list. */
export const extraColumn = "extra_cells";

const sampledAtFirst = 1_000;
const sampledEvery = 1_000;
const maxSampled = 5_000;

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
  { target, shown, onRead }: { target: string; shown: string; onRead: (sizeBytes: number) => void },
): Promise<{ file: OpenFile; problems: SourceProblem[] }> {
  const dialect = dialectOf(file, shown);
  const { columns: names } = dialect;
  const plain = { columns: names, width: names.length, delimiter: dialect.delimiter };
  const wide = { ...plain, columns: columnNames([...names, extraColumn], true) };
  let isPadded = false;
  const batches = () => recordBatches(file, shown, { onRead, onPadding: () => (isPadded = true) });
  const copied = await copyTo(target, batches(), plain);
  // most files have no row that is too long: the copy of one that has is begun again
  const survey = copied.fits ? copied : await copyTo(target, batches(), wide);
  const { columns } = copied.fits ? plain : wide;
  const repaired = { ...dialect, skip: 0, problems: [], header: true, columns, sample: survey.sample };
  const { repairPath: _, ...rest } = file;
  return {
    file: { ...rest, path: target, compression: "none", dialect: repaired },
    problems: [...(isPadded ? [paddingProblem(shown)] : []), ...told(survey, file, shown)],
  };
}

/** The rows of a delimited file, many at once, without the names of its columns. */
export async function* recordBatches(
  file: OpenFile,
  shown: string,
  listeners: Pick<Packed, "onRead" | "onPadding"> = {},
): AsyncGenerator<LenientRecord[]> {
  const handle = await open(file.path);
  try {
    const bytes = readBytes(handle, { compression: file.compression, shown, ...listeners });
    yield* lenientBatches(bytes, { ...optionsOf(file, shown), onPadding: listeners.onPadding ?? (() => undefined) });
  } finally {
    await handle.close();
  }
}

function dialectOf({ dialect }: OpenFile, shown: string): Dialect {
  if (dialect === undefined) throw new Error(`${shown} is no delimited text`);
  return dialect;
}

function optionsOf(file: OpenFile, shown: string): Omit<LenientOptions, "onPadding"> {
  const { delimiter, columns, skip, header } = dialectOf(file, shown);
  return { delimiter, width: columns.length, skip, header, shown };
}

interface CopyOptions {
  columns: readonly string[];
  /** The number of columns of the file itself: of the copy, or one less. */
  width: number;
  delimiter: string;
}

/** What a pass over a file tells. */
interface Survey {
  /** Whether there are columns for all the cells. Nothing else is whole where there are not. */
  fits: boolean;
  sample: string[][];
  problems: SourceProblem[];
  problemCount: number;
}

async function copyTo(
  target: string,
  batches: AsyncIterable<readonly LenientRecord[]>,
  options: CopyOptions,
): Promise<Survey> {
  const { width, columns } = options;
  const survey = openSurvey(width);
  const copy = await open(target, "w", 0o600);
  try {
    await copy.appendFile(`${lineOf(columns, options.delimiter)}\n`);
    for await (const records of batches) {
      const lines: string[] = [];
      for (const record of records) {
        if (record.count > width && columns.length === width) return { ...survey.found, fits: false };
        survey.add(record);
        lines.push(copyOf(record, options));
      }
      lines.push("");
      await copy.appendFile(lines.join("\n"));
    }
    return survey.found;
  } finally {
    await copy.close();
  }
}

function openSurvey(width: number) {
  const found: Survey = { fits: true, sample: [], problems: [], problemCount: 0 };
  let row = 0;
  return {
    found,
    add(record: LenientRecord): void {
      if (record.problems.length > 0 || record.count !== width) {
        const all = problemsOf(record, width);
        found.problemCount += all.length;
        found.problems.push(...all.slice(0, maxProblems - found.problems.length));
      }
      const isSampled = row < sampledAtFirst || (row % sampledEvery === 0 && found.sample.length < maxSampled);
      if (isSampled) found.sample.push(sampleOf(record, width));
      row += 1;
    },
  };
}

/** Texts of its own: those of a row keep the block alive from which they were cut. */
function sampleOf({ cells }: LenientRecord, width: number): string[] {
  return Array.from({ length: width }, (_, index) => Buffer.from(cells[index] ?? "").toString());
}

/** What is wrong with a row of a table of so many columns; each message goes on from the line. */
export function problemsOf({ line, count, problems }: LenientRecord, width: number): SourceProblem[] {
  return [...problems, ...widthProblem(line, count, width)];
}

function widthProblem(line: number, found: number, width: number): SourceProblem[] {
  if (found === width) return [];
  const message = `has ${found} ${found === 1 ? "cell" : "cells"} where ${width} are expected; `;
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

function copyOf(record: LenientRecord, { columns, width, delimiter }: CopyOptions): string {
  const { plain } = record;
  // a blank line would be no row
  if (plain !== undefined && width > 1) return columns.length === width ? plain : `${plain}${delimiter}`;
  const { cells } = record;
  const row = Array.from({ length: columns.length }, (_, index) => (index < width ? (cells[index] ?? "") : ""));
  if (cells.length > width) row[width] = toJson(cells.slice(width));
  return lineOf(row, delimiter);
}

/** Cells are null where they are empty, within quotes too. */
function lineOf(cells: readonly string[], delimiter: string): string {
  return cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter);
}
