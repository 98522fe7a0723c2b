import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";

/** A folder of the configuration, as it was named and as the file system knows it. */
export interface Place {
  path: string;
  real: string;
}

/** The place of a folder that need not exist yet. Links on the way to it are followed. */
export async function placeOf(path: string): Promise<Place> {
  return { path, real: await realpathOfFuture(path) };
}

/**
 * The place of the workspace. A link there is not followed: who wrote the project, not its user, may have put it there.
 */
export async function workspacePlaceOf(path: string): Promise<Place> {
  return { path, real: join(await realpathOfFuture(dirname(path)), basename(path)) };
}

/** @throws ToolError `not_allowed` for a workspace that is a link */
export async function checkWorkspace(path: string): Promise<void> {
  if (!(await isLink(path))) return;
  throw new ToolError(
    "not_allowed",
    `the workspace ${path} is a link, so that its files would lie elsewhere; remove it, or choose a workspace with --workspace DIR`,
  );
}

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path, not yet resolved, names something in a place by either of the place's names. */
export function isInPlace(place: Place, path: string): boolean {
  return isInside(place.path, path) || isInside(place.real, path);
}

/**
 * Whether a real path is one that is neither read nor written for a model: axoner's configuration anywhere, what a
 * workspace anywhere keeps for itself, and what the configuration names.
 */
export function isPrivate(
  real: string,
  { workspace, others }: { workspace: Place; others: readonly Place[] },
): boolean {
  if (isConfiguration(real) || others.some((place) => isInside(place.real, real))) return true;
  const names = real.toLowerCase().split(sep);
  if (names.some((name, index) => name === ".axoner" && isPrivateName(names[index + 1] ?? ""))) return true;
  return isInside(workspace.real, real) && isPrivateName(firstSegment(workspace.real, real));
}

const privateFolders = new Set(["sessions", "jobs", "cache", "tmp"]);

/** Of a folder or file that lies in a workspace, in lower case. */
function isPrivateName(name: string): boolean {
  return privateFolders.has(name) || name.startsWith(".");
}

/** Windows ignores dots and spaces at the end of a name, and what follows a colon names a part of the same file. */
function isConfiguration(path: string): boolean {
  return /^axoner\.json(?:[. ]*$|:)/i.test(basename(path));
}

/** The first folder or file name of a path inside a folder, in lower case: file systems may not tell cases apart. */
export function firstSegment(folder: string, path: string): string {
  return relative(folder, path).split(sep)[0]?.toLowerCase() ?? "";
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}

async function realpathOfFuture(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    const parent = dirname(path);
    if (systemErrorCode(thrown) !== "ENOENT" || parent === path) throw thrown;
    return join(await realpathOfFuture(parent), basename(path));
  }
}
