import { rename, rm } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import { isJsonObject, type JsonValue } from "../../message.ts";
import { confine, makeRoom, type DuckDbSession } from "./duckdb-session.ts";
import { changeProblems, withChanges } from "./changed-files.ts";
import { copyTo } from "./copy-to.ts";
import { check, execute, type Execution } from "./execute.ts";
import { makeCopies, planCopies, readCopy, stillSame, type PlannedCopy } from "./keep-table.ts";
import { openSources, type OpenFile, type OpenSource } from "./open-sources.ts";
import { isOutdated } from "./json-tables.ts";
import { fillPivots } from "./pivot.ts";
import { markPivots } from "./pivot-text.ts";
import {
  cutPadding,
  distrustSamples,
  openReadings,
  problemsOfAll,
  untilRead,
  withProblems,
  type ReadRun,
} from "./reread.ts";
import type { ReadCount } from "../text/read-count.ts";
import { explainDiskError, explainSqlError } from "./sql-errors.ts";
import { quoteText } from "../sql-text.ts";
import type { KeptDraft, StatementJob, WireAnswer, WireSource } from "./sql-wire.ts";
import { explainStatement } from "./statement-errors.ts";
import { readStatement, withPlainSpaces, type Statement } from "./statement.ts";
import { withQuotedTable } from "./syntax-errors.ts";
import { createTableView, dialectOf, plainReading, readerOf } from "./table-view.ts";
import { isWritable, openWorkspace, writeFailure, type Workspace } from "../workspace.ts";

/** Work over more than this may not fit into memory, and needs a folder to go on in. */
const spillBytes = 64 * 1024 * 1024;

/** A statement that makes no more rows than it reads of so much is run again rather than written to a file at once. */
const cheapBytes = 1024 * 1024;

/** A statement that has been run. Whoever ran it closes it. */
export interface StatementRun {
  answer: WireAnswer;
  /** Make the copies that the answer promises. Gives those that could be made. */
  keep(): Promise<KeptDraft[]>;
  close(): Promise<void>;
}

/**
 * Run one statement in a fresh session, and shut the session in before anything of it is run.
 *
 * @param resolve what the tables of the statement are, in their order
 * @param reading counts what is read of files before or between DuckDB's own readings
 * @throws ToolError
 */
export async function runStatement(
  session: DuckDbSession,
  job: StatementJob,
  { resolve, reading }: { resolve: (tables: string[]) => Promise<WireSource[]>; reading: ReadCount },
): Promise<StatementRun> {
  const statement = await parse(session, job);
  const workspace = openWorkspace(job.workspace);
  const wanted = await resolve(statement.tables);
  const started = performance.now();
  const opened = await openSources(wanted, workspace, reading);
  const readings = openReadings(opened.sources, opened.names, job.asText);
  const spillPath = workspace.temporaryName(".parquet");
  const isCheap = statement.isFlat && opened.sources.every(isTiny);
  const run = { session, job, statement, workspace, opened, readings, reading, spillPath, isCheap };
  try {
    const copies = planCopies(run);
    const answer = await runOpened(run, copies);
    const tookMs = performance.now() - started;
    const isSlow = ({ source }: PlannedCopy) => tookMs > (isTiny(source) ? job.keepAfterMs : job.keepLargeAfterMs);
    const later = copies.filter((copy) => copy.when === "after" && isSlow(copy));
    const keeps = await stillSame(later);
    return {
      answer: { ...answer, keeps: keeps.map(({ key }) => key) },
      keep: () => makeCopies(run, keeps),
      close: opened.close,
    };
  } catch (thrown) {
    const explained = explainSqlError(writeFailure(thrown, "a file in the workspace"), opened.names);
    const failure = await withChanges(explained, opened.sources);
    await opened.close();
    throw failure;
  }
}

/** What is compressed, Parquet too, may hold any number of rows. */
function isTiny({ source, kept }: OpenSource): boolean {
  const { format, compression, files } = source;
  if (kept !== undefined || format === "parquet" || compression !== "none") return false;
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= cheapBytes;
}

async function parse(session: DuckDbSession, { sql, limit }: StatementJob): Promise<Statement> {
  if (sql.includes("\0"))
    throw new ToolError("invalid_input", "the sql or the name of a source holds a NUL character; remove it");
  const { text: spaced, tree } = await readNames(session, withPlainSpaces(sql));
  const given = isSelect(tree) ? spaced : (markPivots(spaced) ?? spaced);
  const statement = given === spaced ? readStatement(spaced, tree, limit) : await parseText(session, given, limit);
  if (statement.sql === given) return statement;
  // What runs is what was checked: a text that was changed is checked itself.
  const changed = await parseText(session, statement.sql, limit);
  if (changed.sql === statement.sql) return changed;
  throw new ToolError(
    "not_allowed",
    "sql cannot be read with certainty; name each file in quotes instead of calling a function: from 'the/file.csv'",
  );
}

/** The tree of a text, in which a table that is called as a word of SQL is put in quotes. */
async function readNames(session: DuckDbSession, text: string): Promise<{ text: string; tree: JsonValue }> {
  const tree = await treeOf(session, text);
  if (!isJsonObject(tree) || tree["error"] !== true) return { text, tree };
  const named = withQuotedTable(text, String(tree["error_message"]), Number(tree["position"] ?? NaN));
  const other = named === undefined ? undefined : await treeOf(session, named);
  const isRead = other !== undefined && isJsonObject(other) && other["error"] !== true;
  return named !== undefined && isRead ? { text: named, tree: other } : { text, tree };
}

async function parseText(session: DuckDbSession, sql: string, limit: number): Promise<Statement> {
  return readStatement(sql, await treeOf(session, sql), limit);
}

function isSelect(tree: JsonValue): boolean {
  return !isJsonObject(tree) || tree["error_type"] !== "not implemented";
}

async function treeOf({ connection }: DuckDbSession, sql: string): Promise<JsonValue> {
  const options = "skip_empty := true, skip_null := true, skip_default := true";
  const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteText(sql)}, ${options})`);
  return JSON.parse(String(reader.getRows()[0]?.[0])) as JsonValue;
}

/** The statement with the values of its pivots in it. */
async function withPivots({ session, job, statement }: OpenRun): Promise<Statement> {
  const known = new Set(statement.tables);
  const read = async (sql: string) => {
    const checked = await parseText(session, sql, job.limit);
    if (checked.sql === sql && checked.tables.every((table) => known.has(table))) return checked;
    throw new ToolError("not_allowed", "this PIVOT cannot be read with certainty; name its values: ON column IN ('a')");
  };
  const sql = await fillPivots(session.connection, statement.sql, async (text) => void (await read(text)));
  return sql === statement.sql ? statement : await read(sql);
}

type OpenRun = Execution & ReadRun;

async function runOpened(run: OpenRun, copies: readonly PlannedCopy[]): Promise<Omit<WireAnswer, "keeps">> {
  const { session, job, workspace, opened, readings, spillPath } = run;
  const conversions = await planConversions(opened.sources, workspace);
  await cutPadding(run);
  const paths = [
    ...opened.sources.flatMap(({ files }) => files.flatMap(({ path, repairPath }) => [path, repairPath ?? path])),
    ...conversions.flatMap(({ draft, target }) => [draft, target]),
    ...copies.map(({ path }) => path),
    spillPath,
    ...(job.output === undefined ? [] : [job.output.path]),
  ];
  await makeRoom(session, columnCount(opened.sources));
  await confine(session, { paths, temporaryFolder: await spillFolder(run) });
  for (const conversion of conversions) await convert(session, conversion);
  for (const [source, reading] of readings.of) await createTableView(session.connection, source, reading);

  const kept: KeptDraft[] = [];
  try {
    kept.push(...(await copyBefore(run, copies)));
    const attempt = async () => execute({ ...run, statement: await withPivots(run) });
    const first = await untilRead(run, attempt);
    const result = (await distrustSamples(run)) ? await untilRead(run, attempt) : first;
    for (const source of opened.sources) {
      if (!(await isOutdated(source, run.reading))) continue;
      throw new ToolError("conflict", `'${source.source.name}' was written to while it was read; ask again`);
    }
    const problems = [...problemsOfAll(readings), ...(await changeProblems(opened.sources)), ...result.problems];
    return { ...result, problems, dialects: opened.sources.map(dialectOf), kept };
  } catch (thrown) {
    // what went wrong is looked for in what was read
    const explained = withProblems(await explain(thrown, run), problemsOfAll(readings));
    await Promise.all(kept.map(({ path }) => rm(path, { force: true })));
    throw explained;
  }
}

/** Of all delimited text together. */
function columnCount(sources: readonly OpenSource[]): number {
  const widths = sources.map(({ files }) => Math.max(0, ...files.map(({ dialect }) => dialect?.columns.length ?? 0)));
  return widths.reduce((sum, width) => sum + width, 0);
}

async function explain(thrown: unknown, { session, statement, opened }: OpenRun): Promise<unknown> {
  const failed = { connection: session.connection, sql: statement.sql, sources: opened.sources };
  return (await explainStatement(thrown, failed)) ?? explainSqlError(thrown, opened.names);
}

/** Make the copies that the statement shall read already. */
async function copyBefore(run: OpenRun, copies: readonly PlannedCopy[]): Promise<KeptDraft[]> {
  const planned = copies.filter(({ when }) => when === "before");
  if (planned.length === 0) return [];
  // what cannot run anyhow is not worth the time of a copy
  await untilRead(run, async () => check({ ...run, statement: await withPivots(run) }));
  const drafts = await makeCopies(run, planned);
  for (const draft of drafts) {
    const source = planned.find(({ key }) => key === draft.key)?.source;
    if (source !== undefined) await readCopy(run, source, draft);
  }
  return drafts;
}

/**
 * Where work goes on that does not fit into memory. Small work gets no folder, so that a question leaves no trace;
 * where none can be made, large work may still fit.
 */
async function spillFolder({ job, statement, workspace, opened, isCheap }: OpenRun): Promise<string | undefined> {
  const sizeBytes = opened.sources.flatMap(({ source }) => source.files).reduce((sum, file) => sum + file.sizeBytes, 0);
  if (isCheap && job.keep !== "always") return undefined;
  if (statement.small && statement.isFlat && job.keep !== "always" && sizeBytes < spillBytes) return undefined;
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
    const reader = readerOf(source, plainReading());
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
