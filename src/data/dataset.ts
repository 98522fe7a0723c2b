import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import { log } from "../log.ts";
import { once } from "../once.ts";
import { currentTaping } from "../taping.ts";
import { draftSidecar, listEntries, readDataset, sidecarPath, type Entry } from "./dataset-entries.ts";
import { openWriter, type DatasetWriter } from "./dataset-writer.ts";
import { checkColumns, isDatasetId, checkSavedName, newDatasetId } from "./dataset-names.ts";
import type { GrowingDataset, ResumedDataset } from "./growing.ts";
import { openWorkspace, writeFailure, type Workspace } from "./workspace.ts";

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
  /** Whoever made it was stopped; it holds what there was by then, and may be resumed. */
  unfinished: boolean;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** How it was made: the tool, and its SQL, URLs or sources. */
  origin: JsonObject;
}

/** The datasets of a workspace. A dataset that neither grows nor was secured appears whole or not at all, whoever is killed meanwhile. */
export interface Datasets {
  /** Begin a JSON-lines dataset. */
  create(columns: Column[], saveAs?: string): Promise<DatasetWriter>;
  /** Begin a JSON-lines dataset that keeps every row as it comes, whoever is killed meanwhile. */
  grow(columns: Column[], begun: { origin: JsonObject; saveAs: string | undefined }): Promise<GrowingDataset>;
  /**
   * Go on with a dataset that is unfinished.
   *
   * @throws ToolError `not_found`; `invalid_input` for one that is finished; `conflict` while somebody writes it
   */
  resume(handleOrName: string, saveAs: string | undefined): Promise<ResumedDataset>;
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

/** Where the Parquet twin of a JSON-lines dataset lies. Once it is there, `find` prefers it. */
export function parquetTwin(dataset: Dataset): string {
  return dataset.path.replace(/\.jsonl$/, ".parquet");
}

/** The datasets of one workspace folder, which is made when the first of them is. */
export function openDatasets(workspacePath: string): Datasets {
  const workspace = openWorkspace(workspacePath);
  const folder = join(workspacePath, "datasets");

  const growth = once(async () => (await import("./growth.ts")).openGrowth({ workspace, folder }));
  const read = (entry: Entry) =>
    readDataset(folder, entry, async (sidecar) => (await growth.get()).settle(entry, sidecar));

  const place = { workspace, folder, read };
  const find = async (handleOrName: string) => findNewest(await listEntries(folder), handleOrName, read);

  return {
    async create(columns, saveAs) {
      checkColumns(columns);
      if (saveAs !== undefined) checkSavedName(saveAs);
      const path = await workspace.temporaryPath(".jsonl");
      const named = saveAs === undefined ? {} : { saveAs };
      return openWriter({
        path,
        columns,
        publish: (written) => publishFile(place, path, { ...named, ...written, format: "jsonl" }),
        async secure(origin) {
          // A replay takes another time, and draws its handles in the order of the recording.
          if (currentTaping() !== undefined) return undefined;
          return (await growth.get()).secure(path, { columns, origin, saveAs });
        },
      });
    },
    async adopt(temporaryPath, dataset) {
      if (dataset.saveAs !== undefined) checkSavedName(dataset.saveAs);
      return await publishFile(place, temporaryPath, { ...dataset, format: "parquet" });
    },
    temporaryPath: workspace.temporaryPath,
    async grow(columns, { origin, saveAs }) {
      checkColumns(columns);
      if (saveAs !== undefined) checkSavedName(saveAs);
      return (await growth.get()).begin({ id: newDatasetId(), name: saveAs }, columns, origin);
    },
    async resume(handleOrName, saveAs) {
      if (saveAs !== undefined) checkSavedName(saveAs);
      const dataset = await find(handleOrName);
      return (await growth.get()).resume(handleOrName, dataset, saveAs);
    },
    find,
    async list(limit) {
      const entries = (await listEntries(folder)).slice(0, limit);
      const all = await Promise.all(entries.map((entry) => unlessDamaged(() => read(entry))));
      return all.flatMap((dataset) => dataset ?? []);
    },
  };
}

type Published = AdoptedDataset & Pick<Dataset, "format">;

interface Place {
  workspace: Workspace;
  folder: string;
  read: (entry: Entry) => Promise<Dataset>;
}

/**
 * The sidecar is what makes a dataset exist, so it comes last and by rename. It is written before the file moves, and
 * what fails leaves nothing.
 */
async function publishFile(
  { workspace, folder, read }: Place,
  temporaryPath: string,
  made: Published,
): Promise<Dataset> {
  const id = newDatasetId();
  const path = join(folder, `${id}.${made.format}`);
  const { saveAs, ...described } = made;
  const entry = { id, name: saveAs };
  let draft: string | undefined;
  try {
    await workspace.folder("datasets");
    draft = await draftSidecar(workspace, described);
    await rename(temporaryPath, path);
    await rename(draft, sidecarPath(folder, entry));
  } catch (thrown) {
    await Promise.all([draft ?? path, temporaryPath, path].map((left) => rm(left, { force: true })));
    throw writeFailure(thrown, `a dataset in ${workspace.path}`);
  }
  return await read(entry);
}

/** Of several with one name the newest that nobody is writing. */
async function findNewest(
  entries: readonly Entry[],
  handleOrName: string,
  read: Place["read"],
): Promise<Dataset | undefined> {
  const wanted = handleOrName.toLowerCase();
  const exact = entries.filter(({ id, name }) => (isDatasetId(wanted) ? id === wanted : name === handleOrName));
  const found = exact.length > 0 ? exact : entries.filter(({ name }) => name?.toLowerCase() === wanted);
  for (const [index, entry] of found.entries()) {
    try {
      return await read(entry);
    } catch (thrown) {
      const isWritten = thrown instanceof ToolError && thrown.code === "conflict";
      if (!isWritten || index === found.length - 1) throw thrown;
    }
  }
  return undefined;
}

/** One damaged dataset must not hide the others, and one that is being written is none yet. */
async function unlessDamaged(read: () => Promise<Dataset>): Promise<Dataset | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    if (thrown.code !== "conflict") log.warn(thrown.message);
    return undefined;
  }
}
