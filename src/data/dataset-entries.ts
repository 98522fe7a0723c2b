import { lstat, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import type { JsonObject } from "../message.ts";
import { toJson } from "../text/text.ts";
import type { Column, Dataset } from "./dataset.ts";
import type { Workspace } from "./workspace.ts";

/** What a sidecar's file name says: `ds_0123456789abcdef.json`, or `ds_0123456789abcdef.suppliers.json`. */
export interface Entry {
  id: string;
  name: string | undefined;
}

/** What a sidecar says, without when the dataset was made. */
export interface Description {
  format: Dataset["format"];
  columns: readonly Column[];
  rowCount: number;
  origin: JsonObject;
  unfinished?: boolean | undefined;
}

export function sidecarPath(folder: string, { id, name }: Entry): string {
  return join(folder, name === undefined ? `${id}.json` : `${id}.${name}.json`);
}

/** Newest first: handles begin with the time. */
export async function listEntries(folder: string): Promise<Entry[]> {
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

/** The file that a description stands in until whoever asks for it renames it to its place, or removes it. */
export async function draftSidecar(workspace: Workspace, description: Description): Promise<string> {
  const draft = await workspace.temporaryPath(".json");
  const sidecar = { ...description, createdAt: new Date().toISOString() };
  const text = `${toJson(sidecar, 1)}\n`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    return draft;
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** Put a sidecar in its place, or in that of the one before it. */
export async function writeSidecar(workspace: Workspace, path: string, description: Description): Promise<void> {
  await rename(await draftSidecar(workspace, description), path);
}

/**
 * A dataset as its sidecar describes it.
 *
 * @param repair called where the file with the rows is not in its place, which may be because the dataset still grows;
 * whether it is worth looking again
 * @throws ToolError `unreadable`, and what `repair` throws
 */
export async function readDataset(
  folder: string,
  entry: Entry,
  repair: (sidecar: Awaited<ReturnType<typeof readSidecar>>) => Promise<boolean>,
): Promise<Dataset> {
  const { id, name } = entry;
  const path = sidecarPath(folder, entry);
  try {
    let sidecar = await readSidecar(path);
    let file = await findFile(folder, id, sidecar.format);
    if (file === undefined && (await repair(sidecar))) {
      sidecar = await readSidecar(path);
      file = await findFile(folder, id, sidecar.format);
    }
    if (file === undefined) throw new Error("the file with its rows is gone");
    const { unfinished = false, ...described } = sidecar;
    return { ...described, ...file, id, name, unfinished };
  } catch (thrown) {
    if (thrown instanceof ToolError) throw thrown;
    throw new ToolError("unreadable", `the dataset ${name ?? id} is damaged (${path}); make it again`, {
      cause: thrown,
    });
  }
}

/** The file with a dataset's rows: as Parquet, where it has been converted. */
async function findFile(folder: string, id: string, format: Dataset["format"]) {
  for (const one of format === "jsonl" ? (["parquet", "jsonl"] as const) : [format]) {
    const path = join(folder, `${id}.${one}`);
    const sizeBytes = await sizeIfAny(path);
    if (sizeBytes !== undefined) return { format: one, path, sizeBytes };
  }
  return undefined;
}

/** What the sidecar must look like is loaded with the first that is read. */
export async function readSidecar(path: string) {
  const [{ parseSidecar }, text] = await Promise.all([import("./dataset-sidecar.ts"), readFile(path, "utf8")]);
  return parseSidecar(text);
}

async function sizeIfAny(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
