import type { ErrorCode } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { Column } from "./dataset.ts";
import type { Compression, TableFormat } from "./data-format.ts";

/** What the engine and its SQL child say to each other. Both come from one build, so neither side checks the shapes. */
export type ToChild =
  | { type: "statement"; job: StatementJob }
  /** Answers `parsed`: what each of the tables is, in their order. */
  | { type: "sources"; sources: WireSource[] }
  /** Answers `parsed` where one of them is nothing that may be read. */
  | { type: "refused"; code: ErrorCode; message: string };

export type FromChild =
  | { type: "parsed"; tables: string[] }
  | { type: "answer"; answer: WireAnswer }
  | { type: "failed"; code: ErrorCode; message: string }
  /** The process takes more memory than the statement may have, and goes on taking it until it is killed. */
  | { type: "exhausted" }
  /** Something that no statement should bring about; the child is not used again. */
  | { type: "defect"; stack: string };

export interface StatementJob {
  sql: string;
  /** Rows wanted in the answer. */
  limit: number;
  /** Whether the whole result shall be there as Parquet: in any case, where the answer may leave something out, or not. */
  keep: "always" | "if_cut" | "never";
  /** Read the columns of delimited files as text, as they are written. */
  asText: boolean;
  /** Write the result here instead of answering with rows. */
  output: OutputTarget | undefined;
  workspace: string;
  memoryLimitMb: number;
}

/** What a process may take while it runs a statement: some of it DuckDB does not count. */
export function memoryBytes({ memoryLimitMb }: Pick<StatementJob, "memoryLimitMb">): number {
  return (memoryLimitMb + 512) * 1024 ** 2;
}

export const outputFormats = ["csv", "parquet", "json", "jsonl"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputTarget {
  path: string;
  format: OutputFormat;
  gzip: boolean;
}

export interface WireSource {
  /** As the statement spells it. */
  name: string;
  format: TableFormat;
  compression: Compression;
  /** `part` is a file of an archive or a sheet of a workbook. */
  files: { path: string; shown: string; sizeBytes: number; part: string | undefined }[];
  columns: Column[] | undefined;
  /** Where to put a Parquet copy, to be read instead. */
  convertTo: string | undefined;
}

export interface WireAnswer {
  columns: Column[];
  rows: JsonValue[][];
  rowCount: number;
  /** The whole result as Parquet, in the workspace's temporary folder; the columns are those of the file. */
  spill: { path: string; columns: Column[] } | undefined;
  /** Why there is no spill although one was wanted. */
  notKept: string | undefined;
  problems: SourceProblem[];
  dialects: SourceDialect[];
}

/** Something in a source that changed how it is read. */
export interface SourceProblem {
  line: number;
  code:
    | "not_of_type"
    | "missing_cells"
    | "extra_cells"
    | "unterminated_quote"
    | "stray_quote"
    | "not_utf8"
    | "skipped_line"
    | "cell_error"
    | "more";
  /** What is wrong, and what was done. */
  message: string;
}

export interface SourceDialect {
  source: string;
  format: TableFormat | "xlsx";
  compression: Compression;
  encoding: string;
  /** Absent for formats other than delimited text. */
  delimiter?: string;
  header?: boolean;
  /** The file of an archive. */
  member?: string;
  /** Of a workbook. */
  sheet?: string;
}
