/** What is to be run: one statement that only reads, as `checkStatement` let it through. */
export interface DatabaseStatement {
  sql: string;
  /** Values of `$1`, `$2`, … (SQLite: also `?`). */
  params: readonly string[];
}

/** Where a statement's rows go. */
export interface RowSink {
  /** Once, before the first row. */
  start(columns: readonly string[]): void;
  /** Rows of one JSON text a column, without line breaks. Settles when there is room for more. */
  take(rows: readonly string[][]): Promise<void>;
}

/** What is known after the last row. */
export interface StatementEnd {
  /** DuckDB's name of each column's type: one that holds every value of the column exactly. */
  types: string[];
  notes: string[];
}

/** Runs a statement on one kind of database. */
export interface DatabaseDriver {
  /**
   * @throws ToolError; the signal's reason within a second of its abort, when the statement has stopped on the server
   * too or its connection is cut
   */
  run(statement: DatabaseStatement, sink: RowSink, signal: AbortSignal): Promise<StatementEnd>;
}
