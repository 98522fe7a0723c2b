import { rename, rm } from "node:fs/promises";
import { ToolError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import { confine, type DuckDbSession } from "./duckdb-session.ts";
import { copyTo, execute, type Execution } from "./execute.ts";
import { openSources, type OpenFile, type OpenSource, type OpenSources } from "./open-sources.ts";
import { openReadings, readLeniently, readOtherwise, withProblems } from "./reread.ts";
import { explainDiskError, explainSqlError } from "./sql-errors.ts";
import { quoteText } from "./sql-text.ts";
import type { SourceDialect, StatementJob, WireAnswer, WireSource } from "./sql-wire.ts";
import { readStatement, withPlainSpaces, type Statement } from "./statement.ts";
import { createTableView, plainReading, readerOf } from "./table-view.ts";
import { isWritable, openWorkspace, writeFailure, type Workspace } from "./workspace.ts";

/** Work over more than this may not fit into memory, and needs a folder to go on in. */
const spillBytes = 64 * 1024 * 1024;
const maxRereads = 32;

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
  const statement = await parse(session, job);
  const workspace = openWorkspace(job.workspace);
  const opened = await openSources(await resolve(statement.tables), workspace);
  const spillPath = workspace.temporaryName(".parquet");
  try {
    return await runOpened({ session, job, statement, workspace, opened, spillPath });
  } catch (thrown) {
    throw explainSqlError(writeFailure(thrown, "a file in the workspace"), opened.names);
  } finally {
    await opened.close();
  }
}

async function parse(session: DuckDbSession, { sql, limit }: StatementJob): Promise<Statement> {
  if (sql.includes("\0"))
    throw new ToolError("invalid_input", "the sql or the name of a source holds a NUL character; remove it");
  const given = withPlainSpaces(sql);
  const statement = await parseText(session, given, limit);
  if (statement.sql === given) return statement;
  // What runs is what was checked: a text that was changed is checked itself.
  const changed = await parseText(session, statement.sql, limit);
  if (changed.sql === statement.sql) return changed;
  throw new ToolError(
    "not_allowed",
    "sql cannot be read with certainty; name each file in quotes instead of calling a function: from 'the/file.csv'",
  );
}

async function parseText({ connection }: DuckDbSession, sql: string, limit: number): Promise<Statement> {
  const options = "skip_empty := true, skip_null := true, skip_default := true";
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteText(sql)}, ${options})`);
  return readStatement(sql, JSON.parse(String(reader.getRows()[0]?.[0])) as JsonValue, limit);
}

interface OpenRun extends Execution {
  opened: OpenSources;
}

async function runOpened(run: OpenRun): Promise<WireAnswer> {
  const { session, job, workspace, opened, spillPath } = run;
  const conversions = await planConversions(opened.sources, workspace);
  const paths = [
    ...opened.sources.flatMap(({ files }) => files.flatMap(({ path, repairPath }) => [path, repairPath ?? path])),
    ...conversions.flatMap(({ draft, target }) => [draft, target]),
    spillPath,
    ...(job.output === undefined ? [] : [job.output.path]),
  ];
  await confine(session, { paths, temporaryFolder: await spillFolder(run) });
  for (const conversion of conversions) await convert(session, conversion);

  const readings = openReadings(opened.sources, opened.names, job.asText);
  const { problems } = readings;
  const dialects = opened.sources.map(dialectOf);
  for (const [source, reading] of readings.of) await createTableView(session.connection, source, reading);
  for (let attempt = 0; ; attempt++) {
    try {
      return { ...(await execute(run)), problems, dialects };
    } catch (thrown) {
      const changed =
        attempt < maxRereads
          ? ((await readOtherwise(thrown, readings)) ?? (await readLeniently(thrown, readings, run)))
          : undefined;
      if (changed === undefined) throw withProblems(explainSqlError(thrown, opened.names), problems);
      await createTableView(session.connection, changed.source, changed.reading);
    }
  }
}

/**
 * Where work goes on that does not fit into memory. Small work gets no folder, so that a question leaves no trace;
 * where none can be made, large work may still fit.
 */
async function spillFolder({ job, statement, workspace, opened }: OpenRun): Promise<string | undefined> {
  const sizeBytes = opened.sources.flatMap(({ source }) => source.files).reduce((sum, file) => sum + file.sizeBytes, 0);
  if (statement.small && job.keep !== "always" && sizeBytes < spillBytes) return undefined;
  return (await isWritable(workspace)) ? workspace.temporaryName("") : undefined;
}

interface Conversion {
  source: OpenSource;
  draft: string;
  target: string;
}

async function planConversions(sources: readonly OpenSource[], workspace: Workspace): Promise<Conversion[]> {
  const wanted = sources.filter(({ source }) => source.convertTo !== undefined);
  if (wanted.length > 0 && !(await isWritable(workspace))) return [];
  return wanted.map((source) => ({
    source,
    draft: workspace.temporaryName(".parquet"),
    target: source.source.convertTo ?? "",
  }));
}

/** Write a Parquet copy of a source once, and read that from now on. */
async function convert(session: DuckDbSession, { source, draft, target }: Conversion): Promise<void> {
  try {
    const reader = readerOf(source, plainReading);
    await copyTo(session, `SELECT * FROM ${reader}`, { path: draft, format: "FORMAT parquet" });
    await rename(draft, target);
  } catch (thrown) {
    await rm(draft, { force: true });
    // The copy only saves time.
    if (explainDiskError(thrown) !== undefined) return;
    throw thrown;
  }
  const converted: OpenFile = { path: target, compression: "none", dialect: undefined };
  source.source = { ...source.source, format: "parquet", columns: undefined };
  source.files = [converted];
}

function dialectOf({ source, files }: OpenSource): SourceDialect {
  const { dialect, sheet } = files[0] ?? {};
  const { name, format, compression } = source;
  const encoding = dialect?.encoding ?? (format === "parquet" ? "binary" : "utf-8");
  if (sheet !== undefined)
    return {
      source: name,
      format: "xlsx",
      compression: "zip",
      encoding,
      sheet: sheet.sheet,
      header: dialect?.header ?? false,
    };
  const member = source.files[0]?.part;
  return {
    source: name,
    format,
    compression,
    encoding,
    ...(member === undefined ? {} : { member }),
    ...(dialect === undefined ? {} : { delimiter: dialect.delimiter, header: dialect.header }),
  };
}
