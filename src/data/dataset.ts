import { lstat, open, readFile, readdir, rename, rm, stat, type FileHandle, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import type { JsonObject, JsonValue } from "../message.ts";
import { log } from "../log.ts";
import { toJson } from "../text.ts";
import { checkColumns, isDatasetId, checkSavedName, newDatasetId } from "./dataset-names.ts";
import { openWorkspace, writeFailure } from "./workspace.ts";

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
  adopt(temporaryPath: string, dataset: AdoptedDataset): Promise<Dataset>;
  /** A path in the workspace's temporary folder, on the same file system as the datasets. */
  temporaryPath(extension: string): Promise<string>;
  /** By handle or saved name. */
  find(handleOrName: string): Promise<Dataset | undefined>;
  /** Newest first, without those that are damaged: they are told of in the log. */
  list(limit: number): Promise<Dataset[]>;
}

export type AdoptedDataset = Pick<Dataset, "columns" | "rowCount" | "origin"> & { saveAs?: string };

export interface DatasetWriter {
  /** One value a column, in the columns' order. */
  write(row: readonly JsonValue[]): Promise<void>;
  /** As `write`, of values that are JSON texts already, without line breaks. */
  writeEncoded(row: readonly string[]): Promise<void>;
  /** The types are given where they are known only now. */
  finish(origin: JsonObject, types?: readonly string[]): Promise<Dataset>;
  discard(): Promise<void>;
}

/** Where the Parquet twin of a JSON-lines dataset lies. Once it is there, `find` prefers it. */
export function parquetTwin(dataset: Dataset): string {
  return dataset.path.replace(/\.jsonl$/, ".parquet");
}

/** The datasets of one workspace folder, which is made when the first of them is. */
export function openDatasets(workspacePath: string): Datasets {
  const workspace = openWorkspace(workspacePath);
  const folder = join(workspacePath, "datasets");

  /**
   * The sidecar is what makes a dataset exist, so it comes last and by rename. It is written before the file moves, and
   * what fails leaves nothing.
   */
  async function publish(temporaryPath: string, made: Published): Promise<Dataset> {
    const id = newDatasetId();
    const path = join(folder, `${id}.${made.format}`);
    const { saveAs, ...described } = made;
    const sidecar = { ...described, createdAt: new Date().toISOString() };
    const draft = await workspace.temporaryPath(".json");
    try {
      await workspace.folder("datasets");
      await writeFile(draft, `${toJson(sidecar, 1)}\n`, { mode: 0o600 });
      await rename(temporaryPath, path);
      await rename(draft, join(folder, saveAs === undefined ? `${id}.json` : `${id}.${saveAs}.json`));
    } catch (thrown) {
      await Promise.all([draft, temporaryPath, path].map((left) => rm(left, { force: true })));
      throw writeFailure(thrown, `a dataset in ${workspacePath}`);
    }
    return await readDataset(folder, { id, name: saveAs });
  }

  return {
    async create(columns, saveAs) {
      checkColumns(columns);
      if (saveAs !== undefined) checkSavedName(saveAs);
      const path = await workspace.temporaryPath(".jsonl");
      const named = saveAs === undefined ? {} : { saveAs };
      return openWriter(path, columns, (rowCount, origin, types) =>
        publish(path, {
          ...named,
          columns: columns.map(({ name, type }, index) => ({ name, type: types[index] ?? type })),
          format: "jsonl",
          rowCount,
          origin,
        }),
      );
    },
    async adopt(temporaryPath, dataset) {
      if (dataset.saveAs !== undefined) checkSavedName(dataset.saveAs);
      return await publish(temporaryPath, { ...dataset, format: "parquet" });
    },
    temporaryPath: workspace.temporaryPath,
    async find(handleOrName) {
      const entries = await listEntries(folder);
      const wanted = handleOrName.toLowerCase();
      const entry = isDatasetId(wanted)
        ? entries.find(({ id }) => id === wanted)
        : (entries.find(({ name }) => name === handleOrName) ??
          entries.find(({ name }) => name?.toLowerCase() === wanted));
      return entry === undefined ? undefined : await readDataset(folder, entry);
    },
    async list(limit) {
      const entries = (await listEntries(folder)).slice(0, limit);
      const read = await Promise.all(entries.map((entry) => readUndamaged(folder, entry)));
      return read.flatMap((dataset) => dataset ?? []);
    },
  };
}

type Published = AdoptedDataset & Pick<Dataset, "format">;

/** What a sidecar's file name says: `ds_0123456789abcdef.json`, or `ds_0123456789abcdef.suppliers.json`. */
interface Entry {
  id: string;
  name: string | undefined;
}

/** Newest first: handles begin with the time. */
async function listEntries(folder: string): Promise<Entry[]> {
  const files = await listFiles(folder).catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return [];
    throw thrown;
  });
  return files
    .map((file) => /^(ds_[0-9a-f]{16})(?:\.([A-Za-z0-9_]+))?\.json$/.exec(file))
    .flatMap((match) => (match?.[1] === undefined ? [] : [{ id: match[1], name: match[2] }]))
    .toSorted((a, b) => (a.id < b.id ? 1 : -1));
}

/** A folder that is a link is none of the workspace's: what it leads to belongs to somebody else. */
async function listFiles(folder: string): Promise<string[]> {
  return (await lstat(folder)).isSymbolicLink() ? [] : readdir(folder);
}

async function readDataset(folder: string, { id, name }: Entry): Promise<Dataset> {
  const sidecarPath = join(folder, name === undefined ? `${id}.json` : `${id}.${name}.json`);
  try {
    const sidecar = await readSidecar(sidecarPath);
    const converted = sidecar.format === "jsonl" && (await sizeIfAny(join(folder, `${id}.parquet`))) !== undefined;
    const format = converted ? "parquet" : sidecar.format;
    const path = join(folder, `${id}.${format}`);
    return { ...sidecar, id, name, format, path, sizeBytes: (await stat(path)).size };
  } catch (thrown) {
    throw new ToolError("unreadable", `the dataset ${name ?? id} is damaged (${sidecarPath}); make it again`, {
      cause: thrown,
    });
  }
}

/** What the sidecar must look like is loaded with the first that is read. */
async function readSidecar(path: string) {
  const [{ parseSidecar }, text] = await Promise.all([import("./dataset-sidecar.ts"), readFile(path, "utf8")]);
  return parseSidecar(text);
}

/** One damaged dataset must not hide the others. */
async function readUndamaged(folder: string, entry: Entry): Promise<Dataset | undefined> {
  try {
    return await readDataset(folder, entry);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    log.warn(thrown.message);
    return undefined;
  }
}

async function sizeIfAny(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

const bufferChars = 256 * 1024;

async function openWriter(
  path: string,
  columns: readonly Column[],
  publish: (rowCount: number, origin: JsonObject, types: readonly string[]) => Promise<Dataset>,
): Promise<DatasetWriter> {
  const handle = await openForWriting(path);
  const beginnings = columns.map(({ name }, index) => `${index === 0 ? "{" : ","}${toJson(name)}:`);
  let buffered = "";
  let rowCount = 0;

  async function flush(): Promise<void> {
    const text = buffered;
    buffered = "";
    try {
      await handle.appendFile(text);
    } catch (thrown) {
      throw writeFailure(thrown, "a dataset");
    }
  }

  async function writeEncoded(row: readonly string[]): Promise<void> {
    if (row.length !== beginnings.length)
      throw new TypeError(`a row of ${row.length} values does not fit ${beginnings.length} columns`);
    let line = "";
    for (let index = 0; index < beginnings.length; index++) line += `${beginnings[index]}${row[index] ?? "null"}`;
    buffered += `${line}}\n`;
    rowCount += 1;
    if (buffered.length >= bufferChars) await flush();
  }

  return {
    write: (row) => writeEncoded(row.map((value) => toJson(value))),
    writeEncoded,
    async finish(origin, types = []) {
      await flush();
      await handle.close();
      return await publish(rowCount, origin, types);
    },
    async discard() {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

async function openForWriting(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (thrown) {
    throw writeFailure(thrown, "a dataset");
  }
}
