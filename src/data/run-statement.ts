import { rename, rm } from "node:fs/promises";
import { StatementType, type DuckDBPreparedStatement } from "@duckdb/node-api";
import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { toRows } from "./cells.ts";
import { confine, type DuckDbSession } from "./duckdb-session.ts";
import { openSources, type OpenFile, type OpenSource, type OpenSources } from "./open-sources.ts";
import { badCell, explainSqlError, jsonSurprise } from "./sql-errors.ts";
import type { OutputTarget, SourceDialect, SourceProblem, StatementJob, WireAnswer, WireSource } from "./sql-wire.ts";
import { quoteText } from "./sql-text.ts";
import { readStatement, type Statement } from "./statement.ts";
import { resultColumns, restored, storable, type ResultColumn } from "./storage.ts";
import { createTableView, readerOf, type Reading } from "./table-view.ts";
import { openWorkspace, writeFailure, type Workspace } from "./workspace.ts";

/** Work over more than this may not fit into memory, and needs a folder to go on in. */
const spillBytes = 64 * 1024 * 1024;
const maxRereads = 8;

/**
 * Run one statement in a fresh session, and shut the session in before anything of it is run.
 *
 * @param resolve what the tables of the statement are, in their order
 * @throws ToolError
 */
export async function runStatement(
  session: DuckDbSession,
  job: StatementJob,
  resolve: (tables: string[]) => Promise<WireSource[]>,
): Promise<WireAnswer> {
  const statement = await parse(session, job.sql);
  const workspace = openWorkspace(job.workspace);
  const opened = await openSources(await resolve(statement.tables), workspace);
  const spillPath =
    job.output !== undefined || (statement.small && !job.keep) ? undefined : await workspace.temporaryPath(".parquet");
  try {
    return await runOpened({ session, job, statement, workspace, opened, spillPath });
  } catch (thrown) {
    if (spillPath !== undefined) await rm(spillPath, { force: true });
    throw explainSqlError(writeFailure(thrown, "a file in the workspace"), opened.names);
  } finally {
    await opened.close();
  }
}

async function parse({ connection }: DuckDbSession, sql: string): Promise<Statement> {
  if (sql.includes("\0")) throw new ToolError("invalid_input", "sql holds a NUL character; remove it");
  const options = "skip_empty := true, skip_null := true, skip_default := true";
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteText(sql)}, ${options})`);
  return readStatement(sql, JSON.parse(String(reader.getRows()[0]?.[0])) as JsonValue);
}

interface Run {
  session: DuckDbSession;
  job: StatementJob;
  statement: Statement;
  workspace: Workspace;
  opened: OpenSources;
  spillPath: string | undefined;
}

async function runOpened(run: Run): Promise<WireAnswer> {
  const { session, job, workspace, opened, spillPath } = run;
  const conversions = await planConversions(opened.sources, workspace);
  const paths = [
    ...opened.sources.flatMap(({ files }) => files.map(({ path }) => path)),
    ...conversions.flatMap(({ draft, target }) => [draft, target]),
    ...[spillPath ?? [], job.output?.path ?? []].flat(),
  ];
  const heavy =
    spillPath !== undefined ||
    opened.sources.some(({ source }) => source.files.reduce((sum, file) => sum + file.sizeBytes, 0) > spillBytes);
  await confine(session, { paths, temporaryFolder: heavy ? await workspace.temporaryPath("") : undefined });
  for (const conversion of conversions) await convert(session, conversion);

  const readings = new Map(opened.sources.map((source) => [source, newReading(job)]));
  for (const [source, reading] of readings) await createTableView(session.connection, source, reading);
  const problems: SourceProblem[] = [];
  for (let attempt = 0; ; attempt++) {
    try {
      return { ...(await execute(run)), problems, dialects: opened.sources.map(dialectOf) };
    } catch (thrown) {
      const changed =
        attempt < maxRereads ? readOtherwise(thrown, { readings, names: opened.names, problems }) : undefined;
      if (changed === undefined) throw withProblems(explainSqlError(thrown, opened.names), problems);
      await createTableView(session.connection, changed.source, changed.reading);
    }
  }
}

/** A statement that fails on a column read as text fails because of the cell that made it text. */
function withProblems(thrown: unknown, problems: readonly SourceProblem[]): unknown {
  if (!(thrown instanceof ToolError) || problems.length === 0) return thrown;
  const told = problems.map(({ message }) => message).join("; ");
  return new ToolError(
    "unreadable",
    `${told}; mend it, or use try_cast(… as …) on the column. With text: ${thrown.message}`,
    { cause: thrown },
  );
}

function newReading(job: StatementJob): Reading {
  return { asText: job.asText, textColumns: new Set(), wholeSample: false };
}

/** After a cell that its column's type does not hold, the source to read again and how; the caller is told of it as a problem. */
function readOtherwise(
  thrown: unknown,
  {
    readings,
    names,
    problems,
  }: { readings: Map<OpenSource, Reading>; names: Map<string, string>; problems: SourceProblem[] },
): { source: OpenSource; reading: Reading } | undefined {
  const cell = badCell(thrown);
  const path = cell?.path ?? jsonSurprise(thrown);
  const [source, reading] = [...readings].find(([open]) => open.files.some((file) => file.path === path)) ?? [];
  if (source === undefined || reading === undefined) return undefined;
  if (cell === undefined) {
    if (reading.wholeSample) return undefined;
    reading.wholeSample = true;
    return { source, reading };
  }
  if (reading.textColumns.has(cell.column) || source.files[0]?.dialect?.columns.includes(cell.column) !== true)
    return undefined;
  reading.textColumns.add(cell.column);
  const message = `column "${cell.column}" of '${names.get(cell.path) ?? source.source.name}' is read as text: line ${cell.line} holds ${JSON.stringify(cell.value.slice(0, 80))}, which is no ${cell.type}`;
  problems.push({ line: Number(cell.line), code: "not_of_type", message });
  return { source, reading };
}

type Execution = Omit<WireAnswer, "problems" | "dialects">;

async function execute({ session, job, statement, spillPath }: Run): Promise<Execution> {
  const { connection } = session;
  const prepared = await connection.prepare(statement.sql);
  try {
    const columns = checkedColumns(prepared);
    const described = columns.map(({ name, type }) => ({ name, type }));
    if (job.output !== undefined) {
      return {
        columns: described,
        rows: [],
        rowCount: await exportTo(session, statement.sql, job.output),
        spill: undefined,
      };
    }
    if (spillPath === undefined) {
      const result = await connection.run(statement.sql);
      const rows = (await result.getRows()).slice(0, job.limit);
      return {
        columns: described,
        rows: toRows(rows, result.columnTypes()),
        rowCount: result.rowCount,
        spill: undefined,
      };
    }
    const rowCount = await copyTo(session, storable(statement.sql, columns), {
      path: spillPath,
      format: "FORMAT parquet",
    });
    const preview = await connection.runAndReadAll(
      `SELECT ${restored(columns)} FROM read_parquet(${quoteText(spillPath)}) LIMIT ${job.limit}`,
    );
    const stored = columns.map(({ name, stored: type }) => ({ name, type }));
    return {
      columns: described,
      rows: toRows(preview.getRows(), preview.columnTypes()),
      rowCount,
      spill: { path: spillPath, columns: stored },
    };
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

/** The path is a temporary one already: DuckDB shall not make up another beside it. */
async function copyTo(
  { connection }: DuckDbSession,
  sql: string,
  { path, format }: { path: string; format: string },
): Promise<number> {
  const reader = await connection.runAndReadAll(
    `COPY (\n${sql}\n) TO ${quoteText(path)} (${format}, USE_TMP_FILE false)`,
  );
  return Number(reader.getRows()[0]?.[0]);
}

interface Conversion {
  source: OpenSource;
  draft: string;
  target: string;
}

async function planConversions(sources: readonly OpenSource[], workspace: Workspace): Promise<Conversion[]> {
  const wanted = sources.filter(({ source }) => source.convertTo !== undefined);
  return await Promise.all(
    wanted.map(async (source) => ({
      source,
      draft: await workspace.temporaryPath(".parquet"),
      target: source.source.convertTo ?? "",
    })),
  );
}

/** Write a Parquet copy of a source once, and read that from now on. */
async function convert(session: DuckDbSession, { source, draft, target }: Conversion): Promise<void> {
  try {
    const reader = await readerOf(session.connection, source, {
      asText: false,
      textColumns: new Set(),
      wholeSample: false,
    });
    await copyTo(session, `SELECT * FROM ${reader}`, { path: draft, format: "FORMAT parquet" });
    await rename(draft, target);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  const converted: OpenFile = { path: target, compression: "none", dialect: undefined };
  source.source = { ...source.source, format: "parquet", columns: undefined };
  source.files = [converted];
}

function dialectOf({ source, files }: OpenSource): SourceDialect {
  const dialect = files[0]?.dialect;
  const { name, format, compression } = source;
  const text = {
    source: name,
    format,
    compression,
    encoding: dialect?.encoding ?? (format === "parquet" ? "binary" : "utf-8"),
  };
  return dialect === undefined ? text : { ...text, delimiter: dialect.delimiter, header: dialect.header };
}
