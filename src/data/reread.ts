import { errorMessage, ToolError } from "../errors.ts";
import { cutText } from "../text.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import type { OpenFile, OpenSource, OpenSources } from "./open-sources.ts";
import { extraColumn, repairFile } from "./repair.ts";
import { badCell, isConfused, isMisshapen, jsonSurprise, pathOfError } from "./sql-errors.ts";
import type { SourceProblem } from "./sql-wire.ts";
import { createTableView, type Reading } from "./table-view.ts";
import { isWritable, type Workspace } from "./workspace.ts";

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
  const plain = { asText, wholeSample: false, inOrder: false, isRepaired: false };
  const of = new Map(
    sources.map((source) => [
      source,
      { ...plain, textColumns: new Set<string>(), problems: [...(source.kept?.problems ?? [])] },
    ]),
  );
  return { of, names };
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
}

const maxRereads = 8;

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
        count < maxRereads ? (readOtherwise(thrown, readings) ?? (await readLeniently(thrown, run))) : undefined;
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
 * After a value that its column's type does not hold: the source to read again, its reading changed so that it does.
 * The caller is told of it as a problem. Undefined for any other failure.
 */
function readOtherwise(thrown: unknown, readings: Readings): Reread | undefined {
  if (isConfused(thrown)) return readInOrder(readings);
  const cell = badCell(thrown);
  const path = cell?.path ?? jsonSurprise(thrown);
  const [source, reading] = [...readings.of].find(([open]) => open.files.some((file) => file.path === path)) ?? [];
  if (source === undefined || reading === undefined) return undefined;
  if (cell === undefined) {
    if (reading.wholeSample) return undefined;
    reading.wholeSample = true;
    return { source, reading };
  }
  const isKnown = source.files[0]?.dialect?.columns.includes(cell.column) ?? false;
  if (!isKnown || reading.textColumns.has(cell.column)) return undefined;
  reading.textColumns.add(cell.column);
  const value = JSON.stringify(cutText(cell.value, 80));
  const where = readings.names.get(cell.path) ?? source.source.name;
  const message = `column "${cell.column}" of '${where}' is read as text: line ${cell.line} holds ${value}, which is no ${cell.type}`;
  reading.problems.push({ line: Number(cell.line), code: "not_of_type", message });
  return { source, reading };
}

/**
 * After rows that break the rules of delimited text: a source of which a copy that keeps them is read from now on.
 * The caller is told what is wrong as problems. Undefined for any other failure, or where no copy can be written.
 *
 * @throws ToolError `too_large`
 */
async function readLeniently(
  thrown: unknown,
  { workspace, opened, readings: { of, names } }: ReadRun,
): Promise<Reread | undefined> {
  if (!isMisshapen(thrown) && !asksForExtra(thrown)) return undefined;
  const path = pathOfError(thrown);
  for (const [source, reading] of of) {
    const isMeant = ({ path: own, repairPath }: OpenFile) => repairPath !== undefined && (path ?? own) === own;
    if (!source.files.some(isMeant)) continue;
    if (!(await isWritable(workspace))) return undefined;
    for (const [index, file] of source.files.entries()) {
      // after a second broken file of a glob, the others are not worth a try each
      const isWanted = isMeant(file) || (reading.isRepaired && file.repairPath !== undefined);
      if (file.repairPath === undefined || !isWanted) continue;
      opened.copies.push(file.repairPath);
      const shown = names.get(file.path) ?? source.source.name;
      const repaired = await repairFile(file, { target: file.repairPath, shown });
      source.files[index] = repaired.file;
      reading.problems.push(...repaired.problems);
    }
    reading.isRepaired = true;
    reading.problems = shortened(reading.problems);
    return { source, reading };
  }
  return undefined;
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

/** A statement that fails on a column read as text fails because of the cell that made it text. */
export function withProblems(thrown: unknown, problems: readonly SourceProblem[]): unknown {
  if (!(thrown instanceof ToolError) || problems.length === 0) return thrown;
  const told = problems.map(({ message }) => message).join("; ");
  return new ToolError(
    "unreadable",
    `${told}; mend it, or use try_cast(… as …) on the column. With text: ${thrown.message}`,
    { cause: thrown },
  );
}
