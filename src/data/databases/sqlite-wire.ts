import type { ErrorCode } from "../../errors.ts";
import type { DatabaseStatement } from "./driver.ts";

/** What the engine and its SQLite child say to each other. Both come from one build, so neither side checks the shapes. */
export type ToSqliteChild =
  | { type: "statement"; job: SqliteJob }
  /** Answers `rows`: there is room for more. */
  | { type: "more" };

export type FromSqliteChild =
  | { type: "columns"; names: string[] }
  /** As `joinRows` writes them; nothing follows before `more`. */
  | { type: "rows"; rows: string }
  | { type: "done"; types: string[]; notes: string[] }
  | { type: "failed"; code: ErrorCode; message: string }
  /** The process takes more memory than the statement may have, and goes on taking it until it is killed. */
  | { type: "exhausted" }
  /** Something that no statement should bring about. */
  | { type: "defect"; stack: string };

export interface SqliteJob extends DatabaseStatement {
  file: SqliteFile;
  /** Where a copy of the database may be made. */
  workspace: string;
  memoryLimitMb: number;
}

/** A database file that has been looked at; what is opened must be the same. */
export interface SqliteFile {
  /** Real and absolute. */
  path: string;
  /** What messages call it. */
  shown: string;
  device: number;
  inode: number;
  /** Whether its writers use a write-ahead log. */
  isWal: boolean;
}

/** Rows of JSON texts in one text, which costs a message much less than a list of lists: JSON escapes tabs and line ends. */
export function joinRows(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.join("\t")).join("\n");
}

export function splitRows(text: string): string[][] {
  return text === "" ? [] : text.split("\n").map((row) => row.split("\t"));
}

/** What the process may take while it runs a statement: SQLite keeps to its limit, Node and the rows come on top. */
export function processBytes({ memoryLimitMb }: Pick<SqliteJob, "memoryLimitMb">): number {
  return (memoryLimitMb + 512) * 1024 ** 2;
}
