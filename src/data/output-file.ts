import type { Stats } from "node:fs";
import { lstat, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";
import { firstSegment, isInPlace, isInside, isPrivate, type Place } from "./places.ts";
import { newOwnName, openWorkspace, removeRests, workspaceFolders, writeFailure } from "./workspace.ts";
import { makeFolders } from "../make-folders.ts";

/** A file being written. Whoever begins one commits or discards it. */
export interface OutputFile {
  /** Where it will appear. */
  path: string;
  /** Where to write it: a new name beside the final one. */
  temporaryPath: string;
  /** Put it in its place, over what is there. Gives its size in bytes. */
  commit(): Promise<number>;
  discard(): Promise<void>;
}

/** Folders of the workspace that only axoner itself writes to. */
const reservedFolders = new Set<string>(workspaceFolders.filter((name) => name !== "exports"));

export interface OutputsOptions {
  workspace: Place;
  /** Folders besides the workspace that may be written to. */
  allowWrite: readonly Place[];
  /** What is not written to wherever it lies. */
  others: readonly Place[];
}

/** Characters that make a name look like another one, or break the line it is shown on. */
const deceptive = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

export function openOutputs({ workspace, allowWrite, others }: OutputsOptions) {
  return {
    async create(path: string): Promise<OutputFile> {
      if (path.trim() === "") throw new ToolError("invalid_input", "path must name the file to write");
      if (deceptive.test(path) || !path.isWellFormed())
        throw new ToolError(
          "invalid_input",
          "path holds a control character, a line break or a mark of writing direction; name a file without",
        );
      if (/^~([/\\]|$)/.test(path))
        throw new ToolError(
          "invalid_input",
          `'${cutText(path, 80)}' begins with ~, which is not expanded; write the whole path`,
        );
      const target = resolve(workspace.path, path);
      const place = [workspace, ...allowWrite].find((candidate) => isInPlace(candidate, target));
      if (place === undefined) {
        throw new ToolError(
          "not_allowed",
          `'${path}' lies outside the folders that may be written to: ${workspace.path} (--allow-write DIR adds one)`,
        );
      }
      const way = relative(isInside(place.path, target) ? place.path : place.real, target).split(sep);
      checkWay(path, way, place === workspace);
      try {
        const folder = await makeParents(path, place, way.slice(0, -1), workspace);
        if (isPrivate(join(folder, basename(target)), { workspace, others })) throw reserved(path);
        return await begin(path, folder, basename(target));
      } catch (thrown) {
        if (systemErrorCode(thrown) !== "ENAMETOOLONG") throw writeFailure(thrown, `'${path}'`);
        throw new ToolError("invalid_input", `the path '${cutText(path, 80)}' is too long; use shorter names`, {
          cause: thrown,
        });
      }
    },
  };
}

function checkWay(path: string, way: readonly string[], inWorkspace: boolean): void {
  if (way.some((name) => name === "" || name.startsWith("."))) throw reserved(path);
  if (inWorkspace && reservedFolders.has(way[0]?.toLowerCase() ?? "")) {
    throw new ToolError(
      "not_allowed",
      `'${path}' lies in a folder of the workspace that axoner keeps for itself; write to exports/ instead`,
    );
  }
}

function reserved(path: string): ToolError {
  return new ToolError(
    "not_allowed",
    `'${path}' names a folder, a hidden file, or something that axoner keeps for itself; name a plain file such as exports/table.csv`,
  );
}

/** Make the folders one by one, so that none is made through a link that leads out of the place. */
async function makeParents(path: string, place: Place, names: readonly string[], workspace: Place): Promise<string> {
  if (place === workspace) await openWorkspace(workspace.path).folder("exports");
  else await makeFolders(place.real);
  let folder = place.real;
  for (const name of names) {
    const next = join(folder, name);
    try {
      await mkdir(next);
    } catch (thrown) {
      if (systemErrorCode(thrown) !== "EEXIST") throw thrown;
    }
    folder = await realpath(next);
    const isReserved = isInside(workspace.real, folder) && reservedFolders.has(firstSegment(workspace.real, folder));
    if (isReserved || !isInside(place.real, folder))
      throw new ToolError("not_allowed", `'${path}' leads out of ${place.path} through a link; name a real folder`);
  }
  return folder;
}

const temporaryPrefix = ".axoner-";

async function begin(path: string, folder: string, name: string): Promise<OutputFile> {
  const target = join(folder, name);
  if (await isFolder(target)) throw new ToolError("invalid_input", `'${path}' is a folder; name a file in it`);
  await removeRests(folder, temporaryPrefix);
  const temporaryPath = join(folder, `${temporaryPrefix}${newOwnName()}.tmp`);
  return {
    path: target,
    temporaryPath,
    async commit() {
      try {
        await settle(temporaryPath, target);
        await rename(temporaryPath, target);
        return (await stat(target)).size;
      } catch (thrown) {
        throw writeFailure(thrown, `'${path}'`);
      }
    },
    discard: () => rm(temporaryPath, { force: true }),
  };
}

/** On the disk before it takes its name, and as open to others as the file that it takes the place of. */
async function settle(temporaryPath: string, target: string): Promise<void> {
  const file = await open(temporaryPath, "r+");
  try {
    const earlier = await statIfAny(target);
    if (earlier?.isFile() === true) await file.chmod(earlier.mode & 0o777);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await statIfAny(path))?.isDirectory() === true;
}

async function statIfAny(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
