import type { FileHandle } from "node:fs/promises";
import { ToolError } from "../errors.ts";
import type { Column, Dataset, Datasets } from "./dataset.ts";
import { isDatasetId, isSavedName } from "./dataset-names.ts";
import { didYouMean } from "../text/nearest.ts";
import {
  formatOf,
  packingOf,
  withoutPacking,
  type Compression,
  type FileFormat,
  type TableFormat,
} from "./data-format.ts";
import type { Files, SourceFile } from "./files.ts";
import { isWebAddress, partOfAddress } from "./web/web-address.ts";
import type { WebFile, WebFiles } from "./web/web-files.ts";

/** What a `source` turned out to be: a dataset, a file of the web, or one or more files of one format. */
export interface TableSource {
  /** As it was named. */
  name: string;
  format: TableFormat;
  compression: Compression;
  files: PackedFile[];
  dataset: Dataset | undefined;
  /** Of the one file, where it is one of the web. */
  web: WebFile | undefined;
  /** Types that are known beforehand; those of other sources are found in their files. */
  columns: Column[] | undefined;
}

/** A file, or a part of one. */
export interface PackedFile extends SourceFile {
  /** A file of an archive, or a sheet of a workbook. */
  part: string | undefined;
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
  const { found, part } = await findFiles(source, files).catch(async (thrown: unknown) => {
    throw isSavedName(source) ? await nearestDataset(source, thrown, datasets) : thrown;
  });
  return {
    name: source,
    ...(await sharedFormat({ source, found, part }, files)),
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

/** A path or glob, or one with the name of a part of the files after a `#`. Names of files may have a `#` too. */
async function findFiles(source: string, files: Files): Promise<{ found: SourceFile[]; part: string | undefined }> {
  try {
    return { found: await files.find(source), part: undefined };
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown.code !== "not_found") throw thrown;
    for (let at = source.indexOf("#"); at > 0; at = source.indexOf("#", at + 1)) {
      try {
        return { found: await files.find(source.slice(0, at)), part: source.slice(at + 1) };
      } catch (other) {
        if (!(other instanceof ToolError) || other.code !== "not_found") throw other;
      }
    }
    throw thrown;
  }
}

/** The one format of all the files. One by one, so that thousands of them are not open at once. */
async function sharedFormat(
  { source, found, part }: { source: string; found: readonly SourceFile[]; part: string | undefined },
  files: Files,
): Promise<FileFormat & { files: PackedFile[] }> {
  const [first, ...others] = found;
  if (first === undefined) throw new ToolError("not_found", `no file matches '${source}'`);
  const shared = await readFormat(files, first, part);
  const packed = [shared.file];
  for (const file of others) {
    const own = await readFormat(files, file, part);
    packed.push(own.file);
    if (own.format === shared.format && own.compression === shared.compression) continue;
    throw new ToolError(
      "invalid_input",
      `'${source}' mixes formats: ${first.shown} is ${describe(shared)} and ${file.shown} is ${describe(own)}; name one kind`,
    );
  }
  return { format: shared.format, compression: shared.compression, files: packed };
}

async function ofDataset(name: string, dataset: Dataset, files: Files): Promise<TableSource> {
  const found = await files.find(dataset.path);
  return {
    name,
    format: dataset.format,
    compression: "none",
    files: found.map((file) => ({ ...file, shown: name, part: undefined })),
    dataset,
    web: undefined,
    columns: dataset.format === "jsonl" ? dataset.columns : undefined,
  };
}

const headBytes = 512;

/** A server may send a file decompressed that is named as a compressed one. A fragment names a part only where there are parts. */
async function ofWeb(name: string, file: WebFile, files: Files): Promise<TableSource> {
  const handle = await files.open(file);
  try {
    const head = await readHead(handle);
    const packing = packingOf(head);
    const shared = { name, dataset: undefined, web: file, columns: undefined };
    if (packing === "zip") {
      const { formatOfArchive } = await import("./packed/archive.ts");
      const { file: part, ...format } = await formatOfArchive(handle, file, partOfAddress(name));
      return { ...shared, ...format, files: [part] };
    }
    const named = packing === "none" ? withoutPacking(file.fileName) : file.fileName;
    return { ...shared, ...formatOf(file.shown, head, named), files: [{ ...file, part: undefined }] };
  } finally {
    await handle.close();
  }
}

async function readHead(handle: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return buffer.subarray(0, bytesRead);
}

async function readFormat(
  files: Files,
  file: SourceFile,
  part: string | undefined,
): Promise<FileFormat & { file: PackedFile }> {
  const handle = await files.open(file);
  try {
    const format = formatOf(file.shown, await readHead(handle));
    if (format.compression === "zip") {
      const { formatOfArchive } = await import("./packed/archive.ts");
      return await formatOfArchive(handle, file, part);
    }
    if (part === undefined) return { ...format, file: { ...file, part } };
    throw new ToolError(
      "invalid_input",
      `'${file.shown}' is neither a zip archive nor a workbook, so that it has no part '${part}'; leave out what follows #`,
    );
  } finally {
    await handle.close();
  }
}

function describe({ format, compression }: FileFormat): string {
  return compression === "none" ? format : `${format} compressed with ${compression}`;
}
