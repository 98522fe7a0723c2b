import { errorMessage, ToolError } from "../../errors.ts";
import { cutText } from "../../text/text.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import { lateTexts } from "./late-texts.ts";
import type { OpenFile, OpenSource, OpenSources } from "./open-sources.ts";
import { inexactCell } from "./exact-columns.ts";
import { widerType } from "../text/column-types.ts";
import { sameNumbers } from "./same-numbers.ts";
import { countRead, type ReadCount } from "../text/read-count.ts";
import { extraColumn, repairFile } from "../text/repair.ts";
import { findCell } from "./find-cell.ts";
import { isConfused, isMisshapen, pathOfError } from "./sql-errors.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { columnTypes, createTableView, isSeenWhole, plainReading, type Reading } from "./table-view.ts";
import { isWritable, type Workspace } from "../workspace.ts";

/** How each source is read, and what made it so. */
export interface Readings {
  of: Map<OpenSource, Reading>;
  /** What messages call each path. */
  names: ReadonlyMap<string, string>;
}

export function openReadings(
  sources: readonly OpenSource[],
  names: ReadonlyMap<string, string>,
  asText: boolean,
): Readings {
  const readingOf = (source: OpenSource): Reading => {
    const plain = { ...plainReading(), asText };
    return {
      ...plain,
      problems: [
        ...widthProblem(source, plain),
        ...lateTexts(source, plain),
        ...sameNumbers(source, plain),
        ...firstProblems(source),
      ],
    };
  };
  return { of: new Map(sources.map((source) => [source, readingOf(source)])), names };
}

/** Fewer columns always have types; to ask for them takes a moment. */
const manyColumns = 500;

function widthProblem(source: OpenSource, reading: Reading): SourceProblem[] {
  const width = Math.max(0, ...source.files.map(({ dialect }) => dialect?.columns.length ?? 0));
  if (reading.asText || width < manyColumns || columnTypes(source, reading).size > 0) return [];
  const message = `'${source.source.name}' has ${width} columns, too many for their types to be found: each is text; cast those that are to be something else, e.g. column::bigint`;
  return [{ line: 0, code: "too_wide", message }];
}

/** What is told of a source before it is read: by its kept copy, or by the heads of its files. */
function firstProblems({ kept, files, json }: OpenSource): SourceProblem[] {
  const found = files.flatMap(({ dialect, sheet, text }) => [
    ...(dialect?.problems ?? []),
    ...(sheet?.problems ?? []),
    ...(text?.problems ?? []),
  ]);
  return shortened([...(kept?.problems ?? []), ...(json?.problems ?? []), ...found]);
}

/** What is wrong with all the sources, as far as they have been read. */
export function problemsOfAll({ of }: Readings): SourceProblem[] {
  return shortened([...of.values()].flatMap(({ problems }) => problems));
}

/** What it takes to read sources again. */
export interface ReadRun {
  session: DuckDbSession;
  workspace: Workspace;
  opened: OpenSources;
  readings: Readings;
  /** What is read of files while copies of them are made. */
  reading: ReadCount;
}

const maxRereads = 32;

/**
 * Attempt something over the sources, and again as long as one of them can be read otherwise than it was.
 *
 * @throws what the last attempt throws
 */
export async function untilRead<Result>(run: ReadRun, attempt: () => Promise<Result>): Promise<Result> {
  const { session, readings } = run;
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (thrown) {
      const changed =
        count < maxRereads
          ? ((await readOtherwise(thrown, readings)) ?? (await readLeniently(thrown, run)))
          : undefined;
      if (changed === undefined) throw thrown;
      await createTableView(session.connection, changed.source, changed.reading);
    }
  }
}

interface Reread {
  source: OpenSource;
  reading: Reading;
}

/**
 * After a value that the types of a source do not hold, or threads that lost track of its quotes: the source to read
 * again, its reading changed. The caller is told of columns that become text as problems. Undefined for any other
 * failure.
 */
async function readOtherwise(thrown: unknown, readings: Readings): Promise<Reread | undefined> {
  const cell = inexactCell(errorMessage(thrown));
  if (cell !== undefined) return await readWider(cell, readings);
  return isConfused(thrown) ? readInOrder(readings) : undefined;
}

/** So many columns of one source are tried one by one. */
const maxWidened = 12;

async function readWider(
  cell: { source: string; column: string; value: string },
  { of, names }: Readings,
): Promise<Reread | undefined> {
  const [source, reading] = [...of].find(([open]) => open.source.name === cell.source) ?? [];
  if (source === undefined || reading === undefined || reading.asText) return undefined;
  const before = columnTypes(source, reading).get(cell.column);
  if (before === undefined || before === "VARCHAR") return undefined;
  const type = widerType(before, cell.value);
  reading.types.set(cell.column, type);
  if (reading.types.size > maxWidened) reading.asText = true;
  if (type !== "VARCHAR") return { source, reading };
  const found = await findCell(source, cell);
  const where = names.get(found?.path ?? "") ?? source.source.name;
  const value = JSON.stringify(cutText(found?.text ?? cell.value, 80));
  const place = found === undefined ? "a cell" : `line ${found.line}`;
  const message = `column "${cell.column}" of '${where}' is read as text: ${place} holds ${value}, which as ${before} would be lost or another value`;
  reading.problems.push({ line: found?.line ?? 0, code: "not_of_type", message });
  return { source, reading };
}

/**
 * After rows that break the rules of delimited text: a source of which a copy that keeps them is read from now on.
 * The caller is told what is wrong as problems. Undefined for any other failure, or where no copy can be written.
 *
 * @throws ToolError `too_large`
 */
async function readLeniently(thrown: unknown, run: ReadRun): Promise<Reread | undefined> {
  const isPadded = /not a GZIP stream/.test(errorMessage(thrown));
  if (!isMisshapen(thrown) && !asksForExtra(thrown) && !isPadded) return undefined;
  const path = pathOfError(thrown);
  for (const [source, reading] of run.readings.of) {
    const isMeant = ({ path: own, repairPath, compression }: OpenFile) =>
      repairPath !== undefined && (path ?? own) === own && (!isPadded || compression === "gzip");
    if (!source.files.some(isMeant)) continue;
    if (!(await isWritable(run.workspace))) return undefined;
    await repairFiles({ source, reading }, isMeant, run);
    return { source, reading };
  }
  return undefined;
}

/**
 * Before anything is read: copies without them of files that end in zeros, where those would be no error but a row.
 *
 * @throws ToolError `too_large`
 */
export async function cutPadding(run: ReadRun): Promise<void> {
  for (const [source, reading] of run.readings.of) {
    const isPadded = ({ isPadded: own = false, repairPath }: OpenFile) => own && repairPath !== undefined;
    if (source.files.some(isPadded) && (await isWritable(run.workspace)))
      await repairFiles({ source, reading }, isPadded, run);
  }
}

async function repairFiles(
  { source, reading }: Reread,
  isMeant: (file: OpenFile) => boolean,
  { opened, readings: { names }, reading: read }: ReadRun,
): Promise<void> {
  for (const [index, file] of source.files.entries()) {
    // after a second broken file of a glob, the others are not worth a try each
    const isWanted = isMeant(file) || (reading.isRepaired && file.repairPath !== undefined);
    if (file.repairPath === undefined || !isWanted) continue;
    opened.copies.push(file.repairPath);
    const shown = names.get(file.path) ?? source.source.name;
    const onRead = countRead(read, source.source.files[index]?.sizeBytes ?? 0);
    const repaired = await repairFile(file, { target: file.repairPath, shown, onRead });
    source.files[index] = repaired.file;
    reading.problems.push(...repaired.problems);
  }
  reading.isRepaired = true;
  reading.problems = shortened(reading.problems);
}

/**
 * After an answer: whether a file that had been seen whole has been written to since. What is added may be what no
 * sample promised; from now on each cell of it is looked at.
 */
export async function distrustSamples({ session, readings }: ReadRun): Promise<boolean> {
  let isAny = false;
  for (const [source, reading] of readings.of) {
    if (!isSeenWhole(source, reading) || (await source.changes()) !== "written") continue;
    reading.hasGrown = true;
    await createTableView(session.connection, source, reading);
    isAny = true;
  }
  return isAny;
}

/** The problems of many files together; those of one are counted already. */
const maxProblems = 150;

function shortened(problems: SourceProblem[]): SourceProblem[] {
  if (problems.length <= maxProblems) return problems;
  const kept = problems.slice(0, maxProblems);
  const message = `there are at least ${problems.length - maxProblems} more problems after these, in other files`;
  return [...kept, { line: kept.at(-1)?.line ?? 0, code: "more", message }];
}

/** A column that only the copies have, known from an earlier answer. */
function asksForExtra(thrown: unknown): boolean {
  return new RegExp(`column (named )?"${extraColumn}(_\\d+)?"`).test(errorMessage(thrown));
}

/** Only a field longer than DuckDB's buffers of 32 MB confuses its threads. A copy in UTF-8 may be twice as long as its file. */
const bufferBytes = 32 * 1024 * 1024;

function readInOrder({ of }: Readings): Reread | undefined {
  const [source, reading] =
    [...of].find(
      ([
        {
          source: { format, files },
        },
        { inOrder },
      ]) => format === "csv" && !inOrder && files.some(({ sizeBytes }) => sizeBytes > bufferBytes / 2),
    ) ?? [];
  if (source === undefined || reading === undefined) return undefined;
  reading.inOrder = true;
  return { source, reading };
}

/** So many problems are told with a failure that they may have brought about. */
const maxBlamed = 3;

/**
 * A failure on what a source holds may come from how its files had to be read, e.g. on a column that one cell made
 * text; other mistakes stay what they are.
 */
export function withProblems(thrown: unknown, problems: readonly SourceProblem[]): unknown {
  if (!(thrown instanceof ToolError) || problems.length === 0) return thrown;
  if (thrown.code !== "unreadable" && !/\bVARCHAR\b|\b(is|not) text\b/.test(thrown.message)) return thrown;
  const told = problems.filter(({ code }) => code !== "more" && code !== "other_sheets" && code !== "renamed");
  if (told.length === 0) return thrown;
  const first = told.slice(0, maxBlamed).map(({ message }) => message);
  const left = told.length - first.length;
  const isCounted = problems.every(({ code }) => code !== "more");
  const rest = left === 0 ? "" : `; and ${isCounted ? "" : "more than "}${left} more, which profile_data tells`;
  const isText = problems.some(({ code }) => code === "not_of_type");
  const advice = isText ? "mend it, or use try_cast(… as …) on the column" : "mend it";
  const statement = thrown.message.replace(/[.!]$/, "");
  const message = `${statement}. This may come of what is wrong with the file: ${first.join("; ")}${rest}; ${advice}`;
  return new ToolError(isText ? "unreadable" : thrown.code, message, { cause: thrown });
}
