import type { SqlProcess } from "./sql/sql-process.ts";
import { rm } from "node:fs/promises";
import type { JsonObject, JsonValue } from "../message.ts";
import type { Column, Dataset, Datasets } from "./dataset.ts";
import type { Files } from "./files.ts";
import { checkSavedName } from "./dataset-names.ts";
import { openKeptTables } from "./sql/kept-tables.ts";
import { openSqlChildren } from "./sql/sql-children.ts";
import { startSqlChild } from "./sql/start-child.ts";
import { noCopy, openStatementSources } from "./sql/statement-sources.ts";
import { defaultDiskMb, defaultMemoryMb } from "./limits.ts";
import { openFetching } from "./web/web-tables.ts";
import type { WebCall, WebFiles } from "./web/web-files.ts";
import type {
  OutputTarget,
  SourceDialect,
  SourceProblem,
  StatementJob,
  StatementProgress,
  WireAnswer,
} from "./sql/sql-wire.ts";
import { openWorkspace } from "./workspace.ts";

export interface SqlRequest {
  /** One SELECT. A quoted path or glob, or the handle or name of a dataset, stands for a table. */
  sql: string;
  /** Rows wanted in the answer: a few thousand, as long as they fit into it. */
  limit: number;
  /** Keep the whole result as a dataset of this name. */
  saveAs?: string | undefined;
  /** Whether to keep the whole result as a dataset although nobody asked: these rows are all that would be left of it. */
  keep?: (table: Pick<SqlAnswer, "columns" | "rows" | "rowCount">) => boolean;
  /** Read delimited files as text, as they are written. */
  asText?: boolean;
  /** Write the result here; the answer has no rows then. */
  output?: OutputTarget;
  /** The same call asks another statement after this one: no copies are made that would compete with it. */
  followed?: boolean;
  /** What the dataset's sidecar says of how it was made, besides the sources. */
  origin: JsonObject;
}

export interface SqlAnswer {
  columns: Column[];
  rows: JsonValue[][];
  /** Of the whole result. */
  rowCount: number;
  dataset: Dataset | undefined;
  /** Why the whole result is not kept although it should be: the workspace cannot be written. */
  notKept: string | undefined;
  problems: SourceProblem[];
  dialects: SourceDialect[];
  /** Of all the files that its tables are. */
  sourceBytes: number;
}

export interface SqlOptions {
  signal: AbortSignal;
  /** Default ten minutes. Fetching files of the web does not count. */
  timeoutMs?: number;
  /** Told how far it is: in percent, or in bytes where files are fetched, unpacked or repaired. */
  progress?: WebCall["progress"];
  /** The files of the web that the call has read already, where the statement is a part of it only. */
  web?: WebFiles;
}

/** Runs read-only SQL over files and datasets, in processes of its own that are killed when it takes too long. */
export interface SqlEngine {
  /**
   * @throws ToolError `invalid_input` (also a misspelt column), `not_found`, `not_allowed`, `unreadable`,
   * `too_large`, `timeout`, `unavailable`; the signal's reason within a second of its abort
   */
  query(request: SqlRequest, options: SqlOptions): Promise<SqlAnswer>;
  /** Start what runs the next statement, where nothing runs, while that is still being read. */
  prepare(): void;
  /** Kill what runs; queries in flight fail. */
  close(): Promise<void>;
}

export interface SqlEngineOptions {
  files: Files;
  datasets: Datasets;
  /** Absolute. */
  workspace: string;
  /** All that the processes see of the environment. */
  environment: Record<string, string>;
  /** A process that has been started already, by `startSqlChildEarly`. */
  firstChild?: SqlProcess | undefined;
  /** Default 1 GB, or a quarter of the memory where that is less. */
  memoryLimitMb?: number;
  /** How much one statement may write. Default 40 GB, which a sort of 10 GB needs; it never takes the last 1 GB of a disk, or 5 % of a small one. */
  diskLimitMb?: number;
  /** Files that take longer than this to be read are kept as Parquet. Default 250 ms. */
  keepAfterMs?: number;
  /** The same for those above 1 MB, and for what is packed: a small file may take long only because the process is new. Default a fifth of the other. */
  keepLargeAfterMs?: number;
  /** How long nothing must have been asked before that is done: who asks without a pause has the processor. Default 100 ms. */
  quietMs?: number;
}

const defaultTimeoutMs = 600_000;
const defaultKeepAfterMs = 250;
const defaultQuietMs = 100;

export function openSqlEngine(options: SqlEngineOptions): SqlEngine {
  const { files, datasets, workspace, environment } = options;
  const { memoryLimitMb: memory = defaultMemoryMb(), diskLimitMb = defaultDiskMb } = options;
  const { keepAfterMs = defaultKeepAfterMs, keepLargeAfterMs = keepAfterMs / 5, quietMs = defaultQuietMs } = options;
  const kept = openKeptTables(openWorkspace(workspace));
  const processes = { start: () => startSqlChild(environment, memory), first: options.firstChild };
  const children = openSqlChildren({ ...processes, workspace, diskLimitMb, quietMs });

  async function run(request: SqlRequest, call: SqlOptions, web: WebFiles) {
    const { signal, timeoutMs = defaultTimeoutMs } = call;
    const { sql, limit, saveAs, asText = false, output, followed = false } = request;
    const keep = saveAs !== undefined ? "always" : request.keep === undefined ? "never" : "if_cut";
    if (saveAs !== undefined) checkSavedName(saveAs);
    const patience = { keepAfterMs, keepLargeAfterMs };
    const job: StatementJob = { sql, limit, keep, asText, output, ...patience, workspace, memoryLimitMb: memory };
    const fetching = openFetching(web);
    const sources = openStatementSources({
      finder: { files, datasets, web },
      copyOf: async (source) => {
        if (asText) return noCopy;
        if (output !== undefined || followed) return { ...noCopy, kept: await kept.read(source) };
        return await kept.find(source, signal);
      },
    });
    const resolve = async (tables: string[]) => {
      fetching.require(tables);
      return await sources.resolve(tables);
    };
    const take = async (answer: WireAnswer): Promise<SqlAnswer> => {
      await kept.adopt(answer.kept);
      await kept.offer(answer.keeps);
      const origin = { ...request.origin, sources: sources.described() };
      const made = await toAnswer(answer, datasets, { ...request, origin });
      return { ...made, sourceBytes: sources.sizeBytes() };
    };
    const onProgress = progressReport(call, sources.areFetched);
    const statement = { signal, timeoutMs, resolve, take, onProgress, onCopies: kept.expect };
    return await kept.around(sources.copiedFirst, () => fetching.around(() => children.run(job, statement)));
  }

  return {
    async query(request, call) {
      const { signal, progress = () => undefined } = call;
      signal.throwIfAborted();
      if (call.web !== undefined) return await run(request, call, call.web);
      const web = files.openWeb({ signal, progress });
      try {
        return await run(request, call, web);
      } finally {
        await web.close();
      }
    },
    prepare: children.prepare,
    async close() {
      await children.close();
      await kept.settled();
    },
  };
}

async function toAnswer(
  answer: WireAnswer,
  datasets: Datasets,
  request: SqlRequest,
): Promise<Omit<SqlAnswer, "sourceBytes">> {
  const { columns, rowCount, dialects } = answer;
  const rows = rowsOf(answer.cells);
  const dataset = await keepSpill(datasets, { ...answer, rows }, request);
  const isMissed = answer.notKept !== undefined && request.keep?.({ ...answer, rows }) === true;
  // What is told of the dataset needs one.
  const problems = answer.problems.filter(({ code }) => dataset !== undefined || code !== "kept_as_text");
  return { columns, rows, rowCount, dataset, notKept: isMissed ? answer.notKept : undefined, problems, dialects };
}

type AnswerInRows = WireAnswer & Pick<SqlAnswer, "rows">;

/** Tells only what has grown. Bytes are no one count with percent, nor are those of fetched sources with others. */
function progressReport({ progress }: SqlOptions, areFetched: () => boolean): (update: StatementProgress) => void {
  let reached = 0;
  let known: StatementProgress["unit"] = "percent";
  return ({ done, total, unit }) => {
    if (known === "percent") known = unit;
    if (unit !== known || done <= reached || areFetched()) return;
    reached = done;
    progress?.({ done, total, message: unit });
  };
}

async function keepSpill(datasets: Datasets, answer: AnswerInRows, request: SqlRequest): Promise<Dataset | undefined> {
  const { spill, rowCount } = answer;
  if (spill === undefined) return undefined;
  const { saveAs, keep, origin } = request;
  if (saveAs === undefined && keep?.(answer) !== true) {
    await rm(spill.path, { force: true });
    return undefined;
  }
  return await datasets.adopt(spill.path, {
    columns: spill.columns,
    rowCount,
    origin,
    ...(saveAs === undefined ? {} : { saveAs }),
  });
}

/** The rows that columns make up. */
function rowsOf(columns: readonly (readonly JsonValue[])[]): JsonValue[][] {
  return (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? null));
}
