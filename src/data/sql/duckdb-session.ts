import { availableParallelism } from "node:os";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { quoteText } from "../sql-text.ts";

/** One DuckDB instance for one statement. Its settings are locked before the statement is seen to be run. */
export interface DuckDbSession {
  connection: DuckDBConnection;
  /** It does with as little memory as it can, and takes its time. */
  isFrugal: boolean;
  memoryLimitMb: number;
  close(): void;
}

const maxTemporaryGb = 40;

/** A thread that sorts or joins what does not fit into memory holds about so much of it. */
const mbPerThread = 64;
const littleMemoryMb = 2 * mbPerThread;

export async function openSession(
  memoryLimitMb: number,
  isFrugal = memoryLimitMb < littleMemoryMb,
): Promise<DuckDbSession> {
  const threads = isFrugal ? 1 : Math.min(availableParallelism(), Math.floor(memoryLimitMb / mbPerThread));
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_unsigned_extensions: "false",
    memory_limit: `${memoryLimitMb}MB`,
    temp_directory: "",
    max_temp_directory_size: `${maxTemporaryGb}GB`,
    threads: String(threads),
  });
  const connection = await instance.connect();
  // Counted, and asked for by whoever wants to tell it.
  await connection.run("SET enable_progress_bar = true; SET enable_progress_bar_print = false");
  return {
    connection,
    isFrugal,
    memoryLimitMb,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Fewer columns fit into what a statement may take anyhow. */
const manyColumns = 4_000;
/** 64 KB for each of the four steps or so that rows go through, of which few rows touch little. */
const mbPerColumn = 0.25;

/**
 * Let a session read a table of many columns. DuckDB counts room for 2,048 rows of each column in every step of every
 * thread, most of which is never touched where rows are few; what the process really takes is watched from outside.
 */
export async function makeRoom({ connection, memoryLimitMb }: DuckDbSession, columns: number): Promise<void> {
  if (columns <= manyColumns) return;
  const limitMb = memoryLimitMb + Math.ceil(columns * mbPerColumn);
  await connection.run(`SET memory_limit = '${limitMb}MB'; SET threads = 1`);
}

/**
 * Shut a session in: from here on it opens exactly the given paths, and no statement can change that.
 *
 * @param temporaryFolder where work that does not fit into memory goes; undefined: it fails instead
 */
export async function confine(
  { connection }: DuckDbSession,
  { paths, temporaryFolder }: { paths: readonly string[]; temporaryFolder: string | undefined },
): Promise<void> {
  const settings = [
    ...(temporaryFolder === undefined ? [] : [`temp_directory = ${quoteText(temporaryFolder)}`]),
    "TimeZone = 'UTC'",
    `allowed_paths = [${paths.map(quoteText).join()}]`,
    "enable_external_access = false",
    "lock_configuration = true",
  ];
  await connection.run(settings.map((setting) => `SET ${setting};`).join(" "));
}
