import { ToolError } from "../../errors.ts";
import type { JsonObject } from "../../message.ts";
import type { DatasetWriter } from "../dataset-writer.ts";
import type { Dataset, Datasets } from "../dataset.ts";
import { diskExcess, unnoticedBytes } from "../limits.ts";

export interface GrowingDatasetOptions {
  datasets: Datasets;
  /** The folder whose disk is written to; it exists once something is. */
  workspace: string;
  diskLimitBytes: number;
  saveAs: string | undefined;
}

/** A dataset that is begun with its first rows, and watched that it does not fill the disk. */
export interface GrowingDataset {
  /** Rows of JSON texts. @throws ToolError `too_large`; `unavailable` only where the dataset was asked for by name */
  write(names: readonly string[], rows: readonly (readonly string[])[]): Promise<void>;
  /** Undefined where nothing was written, or could be. */
  finish(types: readonly string[], origin: JsonObject): Promise<Dataset | undefined>;
  /** Why nothing could be written: that is no reason to fail where nobody asked for it. */
  notKept(): string | undefined;
  /** Leave nothing behind. Rows that are on their way come too late then. */
  discard(): Promise<void>;
}

export function openGrowingDataset(options: GrowingDatasetOptions): GrowingDataset {
  const { datasets, workspace, diskLimitBytes, saveAs } = options;
  let writer: DatasetWriter | undefined;
  let isDiscarded = false;
  let notKept: string | undefined;
  let writtenBytes = 0;
  let checkedBytes = 0;

  async function append(names: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
    const columns = names.map((name) => ({ name, type: "VARCHAR" })); // until all values are seen
    const rowChars = names.reduce((sum, name) => sum + name.length + 4, 2);
    const into = writer ?? (await datasets.create(columns, saveAs));
    writer = into;
    if (isDiscarded) return await discard();
    for (const row of rows) {
      await into.writeEncoded(row);
      writtenBytes += rowChars;
      for (const text of row) writtenBytes += text.length;
    }
    if (writtenBytes - checkedBytes < unnoticedBytes && writtenBytes <= diskLimitBytes) return undefined;
    checkedBytes = writtenBytes;
    const excess = await diskExcess({ sizeBytes: writtenBytes, limitBytes: diskLimitBytes, folder: workspace });
    if (excess !== undefined) throw excess;
  }

  async function discard(): Promise<void> {
    isDiscarded = true;
    const left = writer;
    writer = undefined;
    await left?.discard();
  }

  return {
    async write(names, rows) {
      if (isDiscarded) return;
      try {
        await append(names, rows);
      } catch (thrown) {
        if (!(thrown instanceof ToolError) || thrown.code !== "unavailable" || saveAs !== undefined) throw thrown;
        notKept = thrown.message;
        await discard();
      }
    },
    async finish(types, origin) {
      const finished = await writer?.finish(origin, types);
      writer = undefined;
      return finished;
    },
    notKept: () => notKept,
    discard,
  };
}
