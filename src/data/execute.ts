import { StatementType, type DuckDBPreparedStatement } from "@duckdb/node-api";
import { ToolError } from "../errors.ts";
import { toRows } from "./cells.ts";
import type { DuckDbSession } from "./duckdb-session.ts";
import { quoteText } from "./sql-text.ts";
import type { OutputTarget, StatementJob, WireAnswer } from "./sql-wire.ts";
import type { Statement } from "./statement.ts";
import { resultColumns, restored, storable, type ResultColumn } from "./storage.ts";
import type { Workspace } from "./workspace.ts";

/** What to run, in a session where its tables exist. */
export interface Execution {
  session: DuckDbSession;
  job: StatementJob;
  statement: Statement;
  workspace: Workspace;
  /** In the workspace's temporary folder, which need not exist yet. */
  spillPath: string;
}

type Result = Pick<WireAnswer, "columns" | "rows" | "rowCount" | "spill">;

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
      const rowCount = await exportTo(session, statement.sql, job.output);
      return { columns: described, rows: [], rowCount, spill: undefined };
    }
    const isWhole = job.keep === "never" || columns.every(({ isBrief }) => isBrief);
    const result =
      statement.small && job.keep !== "always" && isWhole ? answer(execution) : answerBySpill(execution, columns);
    return { columns: described, ...(await result) };
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

async function answer({ session, job, statement }: Execution): Promise<Omit<Result, "columns">> {
  const result = await session.connection.run(statement.sql);
  const rows = (await result.getRows()).slice(0, job.limit);
  return { rows: toRows(rows, result.columnTypes()), rowCount: result.rowCount, spill: undefined };
}

async function answerBySpill(
  { session, job, statement, workspace, spillPath }: Execution,
  columns: readonly ResultColumn[],
): Promise<Omit<Result, "columns">> {
  await workspace.folder("tmp");
  const rowCount = await copyTo(session, storable(statement.sql, columns), {
    path: spillPath,
    format: "FORMAT parquet",
  });
  const beginning = `SELECT ${restored(columns)} FROM read_parquet(${quoteText(spillPath)}) LIMIT ${job.limit}`;
  const preview = await session.connection.runAndReadAll(beginning);
  const stored = columns.map(({ name, stored: type }) => ({ name, type }));
  return {
    rows: toRows(preview.getRows(), preview.columnTypes()),
    rowCount,
    spill: { path: spillPath, columns: stored },
  };
}

const copyOptions = {
  csv: "FORMAT csv, HEADER",
  parquet: "FORMAT parquet",
  json: "FORMAT json, ARRAY true",
  jsonl: "FORMAT json",
};

async function exportTo(session: DuckDbSession, sql: string, { path, format, gzip }: OutputTarget): Promise<number> {
  const compression = gzip && format !== "parquet" ? ", COMPRESSION gzip" : "";
  return await copyTo(session, sql, { path, format: `${copyOptions[format]}${compression}` });
}

/**
 * Write a statement's rows to a file and give their number. The path is a temporary one already: DuckDB shall not
 * make up another beside it.
 */
export async function copyTo(
  { connection }: DuckDbSession,
  sql: string,
  { path, format }: { path: string; format: string },
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `COPY (\n${sql}\n) TO ${quoteText(path)} (${format}, USE_TMP_FILE false)`,
  );
  return Number(reader.getRows()[0]?.[0]);
}
