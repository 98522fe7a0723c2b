import { ToolError } from "../errors.ts";
import type { Column, Dataset, Datasets } from "./dataset.ts";
import { isDatasetId, isSavedName } from "./dataset-names.ts";
import { didYouMean } from "../nearest.ts";
import { formatOf, isCompressed, type Compression, type FileFormat, type TableFormat } from "./data-format.ts";
import type { Files, SourceFile } from "./files.ts";
import { isWebAddress } from "./web-address.ts";
import type { WebFile, WebFiles } from "./web-files.ts";

/** What a `source` turned out to be: a dataset, a file of the web, or one or more files of one format. */
export interface TableSource {
  /** As it was named. */
  name: string;
  format: TableFormat;
  compression: Compression;
  files: SourceFile[];
  dataset: Dataset | undefined;
  /** Of the one file, where it is one of the web. */
  web: WebFile | undefined;
  /** Types that are known beforehand; those of other sources are found in their files. */
  columns: Column[] | undefined;
}

export interface SourceFinder {
  files: Files;
  datasets: Datasets;
  /** Of the call that the source is for. */
  web: WebFiles;
}

/**
 * Find what a path, a glob, an http(s) address, or the handle or saved name of a dataset means. A dataset goes before
 * a file of the same name.
 *
 * @throws ToolError `not_found`, `not_allowed`, `unreadable`, `invalid_input` (a mixture of formats, an address that
 * is not fetched) and what fetching throws
 */
export async function findSource(source: string, { files, datasets, web }: SourceFinder): Promise<TableSource> {
  if (isWebAddress(source)) return await ofWeb(source, await web.get(source), files);
  const isHandle = isDatasetId(source.toLowerCase());
  const dataset = isHandle || isSavedName(source) ? await datasets.find(source) : undefined;
  if (dataset !== undefined) return await ofDataset(source, dataset, files);
  if (isHandle)
    throw new ToolError(
      "not_found",
      `there is no dataset ${source} in this workspace; it may have been made in another one`,
    );
  const found = await files.find(source).catch(async (thrown: unknown) => {
    throw isSavedName(source) ? await nearestDataset(source, thrown, datasets) : thrown;
  });
  return {
    name: source,
    ...(await sharedFormat(source, found, files)),
    files: found,
    dataset: undefined,
    web: undefined,
    columns: undefined,
  };
}

const maxNames = 200;

/** The name of a dataset may have been meant rather than that of a file. */
async function nearestDataset(source: string, thrown: unknown, datasets: Datasets): Promise<unknown> {
  if (!(thrown instanceof ToolError) || thrown.code !== "not_found") return thrown;
  const names = (await datasets.list(maxNames)).flatMap(({ name }) => name ?? []);
  const hint = didYouMean(source, [...new Set(names)]);
  if (hint === "") return thrown;
  return new ToolError("not_found", `there is no file or dataset '${source}'${hint}`, { cause: thrown });
}

/** The one format of all the files. One by one, so that thousands of them are not open at once. */
async function sharedFormat(source: string, found: readonly SourceFile[], files: Files): Promise<FileFormat> {
  const [first, ...others] = found;
  if (first === undefined) throw new ToolError("not_found", `no file matches '${source}'`);
  const shared = await readFormat(files, first);
  for (const file of others) {
    const own = await readFormat(files, file);
    if (own.format === shared.format && own.compression === shared.compression) continue;
    throw new ToolError(
      "invalid_input",
      `'${source}' mixes formats: ${first.shown} is ${describe(shared)} and ${file.shown} is ${describe(own)}; name one kind`,
    );
  }
  return shared;
}

/** The first bytes of a file. */
async function readHead(files: Files, file: SourceFile, maxBytes: number): Promise<Uint8Array> {
  const handle = await files.open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(maxBytes, file.sizeBytes)), 0, null, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function ofDataset(name: string, dataset: Dataset, files: Files): Promise<TableSource> {
  const found = await files.find(dataset.path);
  return {
    name,
    format: dataset.format,
    compression: "none",
    files: found.map((file) => ({ ...file, shown: name })),
    dataset,
    web: undefined,
    columns: dataset.format === "jsonl" ? dataset.columns : undefined,
  };
}

/** A server may send a file decompressed that is named as a compressed one. */
async function ofWeb(name: string, file: WebFile, files: Files): Promise<TableSource> {
  const head = await readHead(files, file, 512);
  const isPacked = isCompressed(head);
  const named = isPacked ? file.fileName : file.fileName.replace(/\.(gz|gzip|zst|zstd)$/i, "");
  const format = formatOf(file.shown, head, named);
  return { name, ...format, files: [file], dataset: undefined, web: file, columns: undefined };
}

async function readFormat(files: Files, file: SourceFile): Promise<FileFormat> {
  return formatOf(file.shown, await readHead(files, file, 512));
}

function describe({ format, compression }: FileFormat): string {
  return compression === "none" ? format : `${format} compressed with ${compression}`;
}
