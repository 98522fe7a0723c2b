import { rm } from "node:fs/promises";
import { totalmem } from "node:os";
import type { JsonObject, JsonValue } from "../message.ts";
import { ToolError } from "../errors.ts";
import { parquetTwin, type Column, type Dataset, type Datasets } from "./dataset.ts";
import type { Files } from "./files.ts";
import { checkSavedName } from "./dataset-names.ts";
import { findSource, type TableSource } from "./source.ts";
import { openSqlChildren } from "./sql-children.ts";
import type { OutputTarget, SourceDialect, SourceProblem, StatementJob, WireAnswer, WireSource } from "./sql-wire.ts";

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
}

export interface SqlOptions {
  signal: AbortSignal;
  /** Default ten minutes. */
  timeoutMs?: number;
}

/** Runs read-only SQL over files and datasets, in processes of its own that are killed when it takes too long. */
export interface SqlEngine {
  /**
   * @throws ToolError `invalid_input` (also a misspelt column), `not_found`, `not_allowed`, `unreadable`,
   * `too_large`, `timeout`, `unavailable`; the signal's reason within a second of its abort
   */
  query(request: SqlRequest, options: SqlOptions): Promise<SqlAnswer>;
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
  /** Default 1 GB, or a quarter of the memory where that is less. */
  memoryLimitMb?: number;
  /** How much one statement may write. Default 20 GB; it never takes the last 1 GB of a disk, or 5 % of a small one. */
  diskLimitMb?: number;
}

const defaultTimeoutMs = 600_000;
const defaultMemoryMb = 1_024;
const defaultDiskMb = 20 * 1_024;

export function openSqlEngine(options: SqlEngineOptions): SqlEngine {
  const { files, datasets, workspace, environment, memoryLimitMb, diskLimitMb = defaultDiskMb } = options;
  const children = openSqlChildren({ environment, workspace, diskLimitMb });
  const memory = memoryLimitMb ?? Math.min(defaultMemoryMb, Math.floor(totalmem() / 4 / 1024 ** 2));
  return {
    async query(request, { signal, timeoutMs = defaultTimeoutMs }) {
      signal.throwIfAborted();
      const { sql, limit, saveAs, asText = false, output } = request;
      const keep = saveAs !== undefined ? "always" : request.keep === undefined ? "never" : "if_cut";
      if (saveAs !== undefined) checkSavedName(saveAs);
      const job: StatementJob = { sql, limit, keep, asText, output, workspace, memoryLimitMb: memory };
      let sources: TableSource[] = [];
      const resolve = async (tables: string[]) => {
        sources = await Promise.all(tables.map((table) => findSource(table, { files, datasets })));
        checkDistinct(sources);
        return sources.map(toWire);
      };
      const take = async (answer: WireAnswer): Promise<SqlAnswer> => {
        const { columns, rows, rowCount, problems, dialects } = answer;
        const origin = { ...request.origin, sources: sources.map(describe) };
        const dataset = await keepSpill(datasets, answer, { ...request, origin });
        const isMissed = answer.notKept !== undefined && request.keep?.(answer) === true;
        return { columns, rows, rowCount, dataset, notKept: isMissed ? answer.notKept : undefined, problems, dialects };
      };
      return await children.run(job, { signal, timeoutMs, resolve, take });
    },
    close: children.close,
  };
}

async function keepSpill(datasets: Datasets, answer: WireAnswer, request: SqlRequest): Promise<Dataset | undefined> {
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

/** SQL does not tell names apart by their case, files may. */
function checkDistinct(sources: readonly TableSource[]): void {
  for (const [index, { name, files }] of sources.entries()) {
    const other = sources.slice(0, index).find((earlier) => earlier.name.toLowerCase() === name.toLowerCase());
    if (other === undefined || other.files[0]?.path === files[0]?.path) continue;
    throw new ToolError(
      "invalid_input",
      `'${other.name}' and '${name}' are one name in SQL; reach one of them by another path, such as './${name}'`,
    );
  }
}

function toWire({ name, format, compression, files, dataset, columns }: TableSource): WireSource {
  const convertTo = dataset?.format === "jsonl" ? parquetTwin(dataset) : undefined;
  const wired = files.map(({ path, shown, sizeBytes }) => ({ path, shown, sizeBytes }));
  return { name, format, compression, files: wired, columns, convertTo };
}

const maxDescribed = 20;

function describe({ name, dataset, files }: TableSource): JsonObject {
  const listed = files
    .slice(0, maxDescribed)
    .map(({ path, sizeBytes, modifiedAt }) => ({ path, size_bytes: sizeBytes, modified_at: modifiedAt }));
  return { name, ...(dataset === undefined ? {} : { dataset: dataset.id }), file_count: files.length, files: listed };
}
