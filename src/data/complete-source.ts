import { opendir, realpath } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { systemErrorCode } from "../errors.ts";
import { isInPlace, isInside, isPrivate, placeOf, workspacePlaceOf, type Place } from "./places.ts";

export interface CompletionPlaces {
  /** Absolute; may be empty. */
  roots: readonly string[];
  workspace: string;
  privatePaths: readonly string[];
}

/** What is looked at of one folder. */
const maxEntries = 5_000;
const maxFound = 200;
const tables =
  /\.(?:csv|tsv|tab|psv|txt|dat|json|jsonl|ndjson|parquet|xlsx)(?:\.(?:gz|gzip|zst|zstd|bz2|zip))?$|\.zip$/i;

/**
 * What a path inside a root that somebody begins to write can be: data files, and folders with a `/` at their end, by
 * name. Nothing outside the roots, hidden or private is named.
 */
export async function completeSource(started: string, given: CompletionPlaces): Promise<string[]> {
  if (started.includes("\0") || started.length > 4_096) return [];
  const roots = await Promise.all(given.roots.map(placeOf));
  const hidden = {
    workspace: await workspacePlaceOf(given.workspace),
    others: await Promise.all(given.privatePaths.map(placeOf)),
  };
  const readable = (real: string) =>
    roots.some((root) => isInside(root.real, real)) &&
    !isPrivate(real, hidden) &&
    !isInside(hidden.workspace.real, real);
  const cut = started.lastIndexOf("/") + 1;
  const [folder, start] = [started.slice(0, cut), started.slice(cut)];
  const found = new Set<string>();
  for (const root of roots) {
    for (const name of await namesIn({ root, folder, start, readable })) found.add(folder + name);
  }
  return [...found].toSorted().slice(0, maxFound);
}

interface Looking {
  root: Place;
  folder: string;
  start: string;
  readable: (real: string) => boolean;
}

async function namesIn({ root, folder, start, readable }: Looking): Promise<string[]> {
  const path = resolve(root.path, folder);
  if (!isInPlace(root, path) || isHidden(relative(root.path, path))) return [];
  const names: string[] = [];
  try {
    const real = await realpath(path);
    if (!readable(join(real, "file"))) return [];
    let looked = 0;
    for await (const entry of await opendir(real)) {
      if (++looked > maxEntries) break;
      const { name } = entry;
      const fits = name.toLowerCase().startsWith(start.toLowerCase()) && !name.startsWith(".") && !/\p{C}/u.test(name);
      if (!fits || !readable(join(real, name))) continue;
      if (entry.isDirectory()) names.push(`${name}/`);
      else if (entry.isFile() && tables.test(name)) names.push(name);
      else if (entry.isSymbolicLink() && tables.test(name) && readable(await realpath(join(real, name))))
        names.push(name);
    }
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown; // a folder that is not there, or may not be read, holds nothing
  }
  return names;
}

/** Of a path below a root. */
function isHidden(path: string): boolean {
  return path.split(sep).some((part) => part.startsWith(".") && part !== "..");
}
