import { rm } from "node:fs/promises";
import { StatementType, type DuckDBPreparedStatement } from "@duckdb/node-api";
import { ToolError } from "../../errors.ts";
import type { JsonValue } from "../../message.ts";
import { collectCells } from "./cells.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import { exportTo } from "./export.ts";
import { explainDiskError } from "./sql-errors.ts";
import { quoteText } from "../sql-text.ts";
import type { StatementJob, WireAnswer } from "./sql-wire.ts";
import type { Statement } from "./statement.ts";
import { resultColumns, restored, type ResultColumn } from "./storage.ts";
import type { Workspace } from "../workspace.ts";
import { textProblems, writeParquet } from "./write-parquet.ts";

/** What to run, in a session where its tables exist. */
export interface Execution {
  session: DuckDbSession;
  job: StatementJob;
  statement: Statement;
  workspace: Workspace;
  /** In the workspace's temporary folder, which need not exist yet. */
  spillPath: string;
  /** It reads so little that to run it again costs next to nothing. */
  isCheap: boolean;
}

/** So many brief cells are no reason to cut an answer. */
const maxBriefCells = 1_500;

/** To write more of them takes many times as long, and as much memory, as to answer: only where it is asked for. */
const maxKeptColumns = 4_000;
const tooWide = `it has more than ${maxKeptColumns} columns; select those you need, or give save_as`;

type Result = Pick<WireAnswer, "columns" | "cells" | "rowCount" | "spill" | "notKept" | "problems">;

/**
 * Run a statement once. Its result goes through memory where it surely is an answer by itself, else into a Parquet
 * file first, of which the answer shows the beginning: the file can then become a dataset without a second run.
 */
export async function execute(execution: Execution): Promise<Result> {
  const { session, job, statement } = execution;
  const prepared = await session.connection.prepare(statement.sql);
  try {
    const columns = checkedColumns(prepared);
    const described = columns.map(({ name, type }) => ({ name, type }));
    if (job.output !== undefined) {
      const rowCount = await exportTo(session, { sql: statement.sql, prepared, columns }, job.output);
      return { columns: described, cells: [], rowCount, spill: undefined, notKept: undefined, problems: [] };
    }
    const isFew = columns.length * job.limit <= maxBriefCells;
    const isWhole = job.keep === "never" || (isFew && columns.every(({ isBrief }) => isBrief));
    if (statement.small && job.keep !== "always" && isWhole)
      return { columns: described, ...(await answer(execution)) };
    if (columns.length > maxKeptColumns && job.keep === "if_cut")
      return { columns: described, ...(await answer(execution)), notKept: tooWide };
    const brief = execution.isCheap && job.keep === "if_cut" ? await briefAnswer(execution, columns) : undefined;
    return { columns: described, ...(brief ?? (await answerAnyhow(execution, columns))) };
  } finally {
    prepared.destroySync();
  }
}

/** Whether a statement can run, without running it. @throws as `execute` */
export async function check({ session, statement }: Execution): Promise<void> {
  const prepared = await session.connection.prepare(statement.sql);
  try {
    checkedColumns(prepared);
  } finally {
    prepared.destroySync();
  }
}

function checkedColumns(prepared: DuckDBPreparedStatement): ResultColumn[] {
  if (prepared.statementType !== StatementType.SELECT)
    throw new ToolError("invalid_input", "only one SELECT can be run here");
  if (prepared.parameterCount > 0)
    throw new ToolError("invalid_input", "sql has parameters such as ? or $1; write the values into it");
  return resultColumns(prepared);
}

type Answer = Omit<Result, "columns">;

/** Through memory, which never holds more than the rows that are wanted. */
async function answer({ session, job, statement }: Execution): Promise<Answer> {
  const collected = await collect(session, statement.sql, { limit: job.limit, stopAfter: Infinity });
  return { ...collected, spill: undefined, notKept: undefined, problems: [] };
}

/** The first cells of a result and the number of its rows, which are read as long as there are not too many. */
async function collect(
  { connection }: DuckDbSession,
  sql: string,
  { limit, stopAfter }: { limit: number; stopAfter: number },
): Promise<Pick<Result, "cells" | "rowCount">> {
  const result = await connection.stream(sql);
  const collector = collectCells(result.columnTypes(), limit);
  let rowCount = 0;
  while (rowCount <= stopAfter) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    rowCount += chunk.rowCount;
    if (collector.wanted > 0) collector.add(chunk);
  }
  return { cells: collector.finish(), rowCount };
}

/** Names and types, and cells, that surely fit into an answer without being cut. */
const maxNamesChars = 10_000;
const maxCellsChars = 20_000;
const maxBriefChars = 100;

/** An answer that is the whole result; undefined where the result is larger. Much faster than by way of a file. */
async function briefAnswer(
  { session, job, statement }: Execution,
  columns: readonly ResultColumn[],
): Promise<Answer | undefined> {
  if (JSON.stringify(columns).length > maxNamesChars) return undefined;
  const { limit } = job;
  const { cells, rowCount } = await collect(session, statement.sql, { limit, stopAfter: limit });
  if (rowCount > limit || !areBrief(cells)) return undefined;
  return { cells, rowCount, spill: undefined, notKept: undefined, problems: [] };
}

function areBrief(cells: readonly (readonly JsonValue[])[]): boolean {
  let chars = 0;
  for (const cell of cells.flat()) {
    const length = JSON.stringify(cell).length;
    chars += length + 1;
    if (length > maxBriefChars || chars > maxCellsChars) return false;
  }
  return true;
}

/** A workspace that cannot be written is no reason to fail, unless the result shall be kept. */
async function answerAnyhow(execution: Execution, columns: readonly ResultColumn[]): Promise<Answer> {
  try {
    return await answerBySpill(execution, columns);
  } catch (thrown) {
    const failure = explainDiskError(thrown);
    if (failure === undefined || execution.job.keep === "always") throw thrown;
    return { ...(await answer(execution)), notKept: failure.message };
  }
}

async function answerBySpill(execution: Execution, columns: readonly ResultColumn[]): Promise<Answer> {
  await execution.workspace.folder("tmp");
  try {
    return await spill(execution, columns);
  } catch (thrown) {
    await rm(execution.spillPath, { force: true });
    throw thrown;
  }
}

async function spill(
  { session, job, statement, spillPath }: Execution,
  columns: readonly ResultColumn[],
): Promise<Answer> {
  const path = spillPath;
  const target = { path, ...(session.isFrugal ? { rowGroupSize: frugalRows } : {}) };
  const written = await writeParquet(session, { sql: statement.sql, columns }, target);
  const beginning = `SELECT ${restored(written.columns)} FROM read_parquet(${quoteText(path)}) LIMIT ${job.limit}`;
  const preview = await session.connection.run(beginning);
  const collector = collectCells(preview.columnTypes(), job.limit);
  for (const chunk of await preview.fetchAllChunks()) collector.add(chunk);
  const stored = written.columns.map(({ name, stored: type }) => ({ name, type }));
  return {
    cells: collector.finish(),
    rowCount: written.rowCount,
    spill: { path, columns: stored },
    notKept: undefined,
    problems: textProblems(written.columns),
  };
}

/** The rows that wait to be written take what a sort needs for its last step. */
const frugalRows = 20_480;
