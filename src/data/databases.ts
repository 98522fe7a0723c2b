import type { JsonObject } from "../message.ts";
import { ToolError } from "../errors.ts";
import { didYouMean } from "../text/nearest.ts";
import { currentTaping } from "../taping.ts";
import { cutText } from "../text/text.ts";
import { openBoundedRuns } from "./bounded-runs.ts";
import { openChildPool } from "./sql/child-pool.ts";
import { startChild } from "./sql/start-child.ts";
import { checkSavedName } from "./dataset-names.ts";
import type { Datasets } from "./dataset.ts";
import type { DatabaseDriver, DatabaseStatement } from "./databases/driver.ts";
import { openPostgres } from "./databases/postgres.ts";
import { openResultKeeper, type KeptResult } from "./databases/result-keeper.ts";
import { configuredSqliteFile, findSqliteFile } from "./databases/sqlite-file.ts";
import { openSqliteDriver } from "./databases/sqlite.ts";
import type { SqliteFile } from "./databases/sqlite-wire.ts";
import type { Files } from "./files.ts";
import { defaultDiskMb, defaultMemoryMb } from "./limits.ts";

export interface DatabaseRequest extends DatabaseStatement {
  /** A configured name, or `sqlite:PATH`. */
  database: string;
  /** Rows wanted in the answer. */
  limit: number;
  /** Keep the whole result as a dataset of this name. */
  saveAs?: string | undefined;
  /** Whether to keep a small result as a dataset although nobody asked; a large one is kept in any case. */
  keep: (result: KeptResult) => boolean;
  /** What the dataset's sidecar says of how it was made. */
  origin: JsonObject;
}

export interface DatabaseAnswer extends KeptResult {
  notes: string[];
}

export interface DatabaseOptions {
  signal: AbortSignal;
  /** Default ten minutes. */
  timeoutMs?: number;
  /** Told now and then how many rows there are so far. */
  onRows?: (count: number) => void;
}

/** Runs statements that only read, on the user's databases. */
export interface Databases {
  /**
   * @throws ToolError `invalid_input` (also a misspelt column), `not_found` (database or table), `not_allowed`,
   * `unreadable`, `too_large`, `timeout`, `unavailable`; the signal's reason within a second of its abort
   */
  query(request: DatabaseRequest, options: DatabaseOptions): Promise<DatabaseAnswer>;
  /** Stop what runs; queries in flight fail. */
  close(): Promise<void>;
}

export interface DatabasesOptions {
  /** URLs by name: `postgres://…`, `postgresql://…` or `sqlite:PATH`. */
  urls: Readonly<Record<string, string>>;
  files: Files;
  datasets: Datasets;
  /** Absolute. */
  workspace: string;
  /** All that a process for SQLite sees of the environment. */
  environment: Record<string, string>;
  memoryLimitMb?: number;
  diskLimitMb?: number;
}

const defaultTimeoutMs = 600_000;
const maxStatements = 4;

export function openDatabases(options: DatabasesOptions): Databases {
  const { urls, files, datasets, workspace, environment } = options;
  const { memoryLimitMb = defaultMemoryMb(), diskLimitMb = defaultDiskMb } = options;
  const diskLimitBytes = diskLimitMb * 1024 ** 2;
  const pool = openChildPool({ start: () => startChild("sqlite-child", { environment }), workspace });
  const bounded = openBoundedRuns(maxStatements);

  const sqlite = (file: SqliteFile) => openSqliteDriver({ file, pool, workspace, memoryLimitMb, diskLimitBytes });

  async function driverOf(database: string, timeoutMs: number): Promise<DatabaseDriver> {
    const path = sqlitePath(database);
    if (path !== undefined) return sqlite(await findSqliteFile(path, files));
    const url = Object.hasOwn(urls, database) ? urls[database] : undefined;
    if (url === undefined) throw unknownDatabase(database, Object.keys(urls));
    const configuredPath = sqlitePath(url);
    return configuredPath === undefined
      ? openPostgres({ name: database, url, timeoutMs })
      : sqlite(await configuredSqliteFile(database, configuredPath));
  }

  async function run(
    request: DatabaseRequest,
    { signal, timeoutMs, onRows }: Required<DatabaseOptions>,
  ): Promise<DatabaseAnswer> {
    const { database, sql, params, limit, saveAs, keep, origin } = request;
    const taping = currentTaping();
    const open = () => driverOf(database, timeoutMs);
    const driver =
      taping === undefined
        ? await open()
        : (await import("./databases/taped-driver.ts")).tapedDriver(database, open, taping);
    const keeper = openResultKeeper({ datasets, workspace, diskLimitBytes, limit, saveAs, onRows });
    try {
      const { types, notes } = await driver.run({ sql, params }, keeper, signal);
      return { ...(await keeper.finish(types, origin, keep)), notes };
    } catch (thrown) {
      await keeper.discard();
      throw thrown;
    }
  }

  return {
    async query(request, { signal, timeoutMs = defaultTimeoutMs, onRows = () => undefined }) {
      if (request.saveAs !== undefined) checkSavedName(request.saveAs);
      return await bounded.run({ signal, timeoutMs }, (stop) => run(request, { signal: stop, timeoutMs, onRows }));
    },
    async close() {
      bounded.close(new ToolError("cancelled", "the databases were closed"));
      await pool.close();
    },
  };
}

function sqlitePath(text: string): string | undefined {
  return /^sqlite:(?:\/\/)?(.+)$/is.exec(text)?.[1];
}

function unknownDatabase(database: string, names: readonly string[]): ToolError {
  const shown = cutText(database, 80);
  if (/^[a-z+]+:\/\//i.test(database))
    return new ToolError(
      "not_allowed",
      `a database is reached by its name in the configuration, not by its URL${listed(names)}; sqlite:PATH reaches a file`,
    );
  if (/\.(?:db|db3|sqlite|sqlite3|s3db)$/i.test(database))
    return new ToolError("not_found", `there is no database '${shown}'; for a file write sqlite:${shown}`);
  const advice = names.length === 0 ? listed(names) : didYouMean(database, names) || listed(names);
  return new ToolError("not_found", `there is no database '${shown}'${advice}`);
}

function listed(names: readonly string[]): string {
  return names.length === 0
    ? "; none is configured: start axoner with --database NAME=postgres://USER@HOST/DB (or AXONER_DATABASE), or name a SQLite file as sqlite:PATH"
    : `; there is ${names.join(", ")}`;
}
