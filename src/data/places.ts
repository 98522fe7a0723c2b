import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { systemErrorCode } from "../errors.ts";

/** A folder of the configuration, as it was named and as the file system knows it. */
export interface Place {
  path: string;
  real: string;
}

/** The place of a folder that need not exist yet. */
export async function placeOf(path: string): Promise<Place> {
  return { path, real: await realpathOfFuture(path) };
}

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path, not yet resolved, names something in a place by either of the place's names. */
export function isInPlace(place: Place, path: string): boolean {
  return isInside(place.path, path) || isInside(place.real, path);
}

/** Whether a file is axoner's configuration, which is neither read nor written for a model. */
export function isConfiguration(path: string): boolean {
  return basename(path).toLowerCase() === "axoner.json";
}

/** The first folder or file name of a path inside a folder, in lower case: file systems may not tell cases apart. */
export function firstSegment(folder: string, path: string): string {
  return relative(folder, path).split(sep)[0]?.toLowerCase() ?? "";
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
