import type { JsonObject, JsonValue } from "../message.ts";

export interface Column {
  name: string;
  /** DuckDB's name of the type, e.g. `BIGINT`, `VARCHAR`, `TIMESTAMP WITH TIME ZONE`. */
  type: string;
}

/** A table in the workspace: a data file and a JSON sidecar that says what it holds and how it was made. */
export interface Dataset {
  /** `ds_` and 16 hex digits. */
  id: string;
  /** The name it was saved under, if any; the newest dataset of a name is the one the name means. */
  name: string | undefined;
  /** Absolute path of the data file. */
  path: string;
  format: "parquet" | "jsonl";
  columns: Column[];
  rowCount: number;
  sizeBytes: number;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** How it was made: the tool, and its SQL, URLs or sources. */
  origin: JsonObject;
}

/** The datasets of a workspace. A dataset appears whole or not at all, whoever is killed meanwhile. */
export interface Datasets {
  /** Begin a JSON-lines dataset. Whoever begins one finishes or discards it. */
  create(columns: Column[], saveAs?: string): Promise<DatasetWriter>;
  /** Take over a finished Parquet file from `temporaryPath()`, by rename. */
  adopt(temporaryPath: string, dataset: Pick<Dataset, "columns" | "rowCount" | "origin"> & { saveAs?: string }): Promise<Dataset>;
  /** A path in the workspace's temporary folder, on the same file system as the datasets. */
  temporaryPath(extension: string): Promise<string>;
  /** By handle or saved name. */
  find(handleOrName: string): Promise<Dataset | undefined>;
  /** Newest first. */
  list(limit: number): Promise<Dataset[]>;
}

export interface DatasetWriter {
  /** One value a column, in the columns' order. */
  write(row: readonly JsonValue[]): Promise<void>;
  finish(origin: JsonObject): Promise<Dataset>;
  discard(): Promise<void>;
}
