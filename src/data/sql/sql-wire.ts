import type { ErrorCode } from "../../errors.ts";
import type { JsonValue } from "../../message.ts";
import type { Column } from "../dataset.ts";
import type { Compression, TableFormat } from "../data-format.ts";

/** What the engine and its SQL child say to each other. Both come from one build, so neither side checks the shapes. */
export type ToChild =
  | { type: "statement"; job: StatementJob }
  /** Answers `parsed`: what each of the tables is, in their order. */
  | { type: "sources"; sources: WireSource[] }
  /** Answers `parsed` where one of them is nothing that may be read. */
  | { type: "refused"; code: ErrorCode; message: string }
  /** Follows an answer that `keeps` copies: make them now. A statement in its place says that nobody wants them. */
  | { type: "keep" };

export type FromChild =
  | { type: "parsed"; tables: string[] }
  /** How far the statement is, now and then. */
  | ({ type: "progress" } & StatementProgress)
  | { type: "answer"; answer: WireAnswer }
  /** Answers `keep`: the copies that could be made. The child takes no statement before. */
  | { type: "kept"; drafts: KeptDraft[] }
  | { type: "failed"; code: ErrorCode; message: string }
  /** The process takes more memory than the statement may have, and goes on taking it until it is killed. */
  | { type: "exhausted" }
  /** Something that no statement should bring about; the child is not used again. */
  | { type: "defect"; stack: string };

/** Bytes of files that are read before the statement can run, or run again; they are told from then on. */
export interface StatementProgress {
  done: number;
  total: number;
  unit: "percent" | "bytes";
}

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
  /** Offer to keep copies of sources if the statement took longer than this. */
  keepAfterMs: number;
  /** The same for sources above 1 MB, and for what is packed. */
  keepLargeAfterMs: number;
  workspace: string;
  memoryLimitMb: number;
}

/**
 * What a process may take while it runs a statement. DuckDB does not count all of it: at limits from 64 MB to 1 GB, work
 * that went on on disk was seen to take 430 MB more than its limit.
 */
export function memoryBytes({ memoryLimitMb }: Pick<StatementJob, "memoryLimitMb">): number {
  return (memoryLimitMb + 768) * 1024 ** 2;
}

export const outputFormats = ["csv", "parquet", "json", "jsonl", "xlsx"] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface OutputTarget {
  path: string;
  format: OutputFormat;
  /** Of text formats only: the others are compressed in themselves. */
  gzip: boolean;
  /** Write text in CSV so that no spreadsheet takes it for a formula. */
  escapeFormulas: boolean;
  /** What the sheet of a spreadsheet is called. */
  title: string;
}

export interface WireSource {
  /** As the statement spells it. */
  name: string;
  format: TableFormat;
  compression: Compression;
  /** `part` is a file of an archive or a sheet of a workbook. */
  files: { path: string; shown: string; sizeBytes: number; state: string; part: string | undefined }[];
  columns: Column[] | undefined;
  /** Where to put a Parquet copy, to be read instead. */
  convertTo: string | undefined;
  /** A Parquet copy that was kept, to be read instead where it is still there. */
  kept: KeptTable | undefined;
  /** What a copy would be kept as: made before the statement runs, or after it if it took long. Undefined: none is kept. */
  keep: { key: string; when: "before" | "after" } | undefined;
}

/** A column of a copy. Parquet has no type for some; they are read back by a cast. */
export interface StoredColumn extends Column {
  stored: string;
}

/** A source as Parquet, and what its own format would have told. */
export interface KeptTable {
  path: string;
  columns: StoredColumn[];
  problems: SourceProblem[];
  dialect: SourceDialect;
}

/** A copy in the workspace's temporary folder. */
export interface KeptDraft extends KeptTable {
  key: string;
}

export interface WireAnswer {
  columns: Column[];
  /** Of the first rows, column by column; none where the result is written to a file. */
  cells: JsonValue[][];
  rowCount: number;
  /** The whole result as Parquet, in the workspace's temporary folder; the columns are those of the file. */
  spill: { path: string; columns: Column[] } | undefined;
  /** Why there is no spill although one was wanted. */
  notKept: string | undefined;
  problems: SourceProblem[];
  dialects: SourceDialect[];
  /** Copies that were made before the statement ran. */
  kept: KeptDraft[];
  /** The keys of copies that may be made from now on. */
  keeps: string[];
}

export const problemCodes = [
  "not_of_type",
  "missing_cells",
  "extra_cells",
  "unterminated_quote",
  "stray_quote",
  "not_utf8",
  "skipped_line",
  "nul_in_name",
  "doubtful_delimiter",
  "renamed",
  "doubtful_encoding",
  "cell_error",
  "no_value",
  "not_calculated",
  "other_sheets",
  "empty_columns",
  "padding",
  "too_wide",
  "same_number",
  "mixed_kinds",
  "inexact_numbers",
  "changed",
  "kept_as_text",
  "more",
] as const;

/** Something in a source that changed how it is read. */
export interface SourceProblem {
  line: number;
  code: (typeof problemCodes)[number];
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
