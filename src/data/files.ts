import { readdir, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import { isGlob, matchFiles } from "./glob.ts";
import { nearest, suggestion } from "../text/nearest.ts";
import { once } from "../once.ts";
import type { Downloader } from "../download.ts";
import { inspectFile, openRegularFile, readFailure } from "./open-file.ts";
import { openOutputs, type OutputFile } from "./output-file.ts";
import { checkWorkspace, isInPlace, isInside, isPrivate, placeOf, workspacePlaceOf, type Place } from "./places.ts";
import { refuseAddress } from "./web/web-address.ts";
import type { WebCall, WebFiles } from "./web/web-files.ts";

export interface SourceFile {
  /** Real and absolute. */
  path: string;
  /** What messages call it: as it was named, or its path inside the root. */
  shown: string;
  sizeBytes: number;
  /** ISO 8601, UTC. */
  modifiedAt: string;
  /** As `fileState` gives it. */
  state: string;
}

/** The only way to the file system for what a model names: reads stay inside the roots, writes inside the workspace. */
export interface Files {
  /**
   * The files a path or glob means: one for a path, at least one for a glob, sorted. Relative ones are looked for
   * in each root in turn, then in the workspace.
   *
   * @throws ToolError `not_allowed` outside the roots and for private files, `not_found`, `unreadable`, `too_large`
   */
  find(source: string): Promise<SourceFile[]>;
  /** Open one that `find` gave. The caller closes it. */
  open(file: SourceFile): Promise<FileHandle>;
  /** Begin a file that appears whole, or not at all. Relative paths lie in the workspace. Parents are made. */
  create(path: string): Promise<OutputFile>;
  /** Begin to read files of the web for one call, which closes what it is given. Without a downloader each is refused. */
  openWeb(call: WebCall): WebFiles;
}

export interface FilesOptions {
  /** Absolute; may be empty. */
  roots: string[];
  workspace: string;
  /** Folders besides the workspace that may be written to. */
  allowWrite: string[];
  /** Files and folders that are neither read nor written wherever they lie, such as the user's configuration. */
  privatePaths?: string[];
  /** Opens what fetches the files of the web, with the first of them. */
  downloader?: () => Promise<Downloader>;
}

const maxFiles = 2_000;
const maxPathChars = 4_096;

/** Folders of the workspace that are sources although they may lie in no root. */
const sourceFolders = ["datasets", "exports"];

export async function openFiles(options: FilesOptions): Promise<Files> {
  const { roots, workspace, allowWrite, privatePaths = [], downloader } = options;
  const home = await workspacePlaceOf(workspace);
  const rootPlaces = await Promise.all(roots.map(placeOf));
  const places = [...rootPlaces, home];
  const readableFolders = [
    ...rootPlaces.map(({ real }) => real),
    ...sourceFolders.map((name) => join(home.real, name)),
  ];
  const hidden = { workspace: home, others: await Promise.all(privatePaths.map(placeOf)) };
  const readable = (real: string) =>
    readableFolders.some((folder) => isInside(folder, real)) && !isPrivate(real, hidden);
  const outputs = openOutputs({ allowWrite: await Promise.all(allowWrite.map(placeOf)), ...hidden });

  async function find(source: string): Promise<SourceFile[]> {
    checkSpelling(source);
    await checkWorkspace(workspace);
    const unique = [...new Set(waysTo(source, places))];
    if (unique.length === 0) throw outside(source, roots);
    let refused = false;
    for (const path of unique) {
      const real = await realpathIfAny(path, source);
      if (real === undefined) continue;
      if (!readable(real)) refused = true;
      else return [await inspectFile(real, source)];
    }
    if (isGlob(source)) return await findAll(source, unique);
    if (refused) throw outside(source, roots);
    throw await missing(source, { paths: unique, roots, readable });
  }

  async function findAll(source: string, patterns: string[]): Promise<SourceFile[]> {
    for (const pattern of patterns) {
      const place = places.find((candidate) => isInPlace(candidate, pattern));
      if (place === undefined) continue;
      const folder = isInside(place.path, pattern) ? place.path : place.real;
      const found: SourceFile[] = [];
      for (const path of await matchFiles(folder, relative(folder, pattern).replaceAll("\\", "/"), maxFiles)) {
        const real = await realpathIfAny(path, path);
        // Links out of the roots and private files are no part of what a pattern means.
        if (real !== undefined && readable(real))
          found.push(
            await inspectFile(real, isAbsolute(source) ? path : relative(folder, path)).catch(ofPattern(source)),
          );
      }
      if (found.length > 0) return found;
    }
    throw new ToolError(
      "not_found",
      `no file matches '${source}'${roots.length === 0 ? noRoot : ` in ${roots.join(", ")}`}`,
    );
  }

  const web = downloader === undefined ? undefined : lazyWebFiles(workspace, downloader);
  return {
    find,
    open: (file) => openRegularFile(file.path, file.shown),
    create: outputs.create,
    openWeb: (call) => web?.(call) ?? offline,
  };
}

/** Few calls read files of the web: what that takes is loaded by the first of them. */
function lazyWebFiles(workspace: string, downloader: () => Promise<Downloader>): (call: WebCall) => WebFiles {
  const store = once(async () => {
    const [{ openWebStore }, opened] = await Promise.all([import("./web/web-store.ts"), downloader()]);
    return openWebStore({ workspace, downloader: opened });
  });
  return (call) => {
    let opened: WebFiles | undefined;
    const opening = once(async () => {
      const [{ openWebFiles }, web] = await Promise.all([import("./web/web-files.ts"), store.get()]);
      return (opened = openWebFiles(web, call));
    });
    return {
      get: async (source) => (await opening.get()).get(source),
      has: (source) => opened?.has(source) ?? false,
      close: async () => (await opening.opened())?.close(),
    };
  };
}

const offline: WebFiles = {
  async get(source) {
    refuseAddress(source);
    throw new Error(`${source} is no address`);
  },
  has: () => false,
  close: async () => {},
};

const noRoot = "; axoner was started without a folder it may read: start it with --root DIR";

/** The paths a source may mean. A relative one does not leave the place it starts from. */
function waysTo(source: string, places: readonly Place[]): string[] {
  if (isAbsolute(source)) return places.some((place) => isInPlace(place, resolve(source))) ? [resolve(source)] : [];
  return places.flatMap((place) => {
    const path = resolve(place.path, source);
    return isInPlace(place, path) ? [path] : [];
  });
}

function checkSpelling(source: string): void {
  if (source.trim() === "" || source.includes("\0") || source.length > maxPathChars) {
    throw new ToolError(
      "invalid_input",
      "a source is a path or glob inside a root, or the handle or name of a dataset",
    );
  }
  refuseAddress(source);
}

async function realpathIfAny(path: string, shown: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT" || systemErrorCode(thrown) === "ENOTDIR") return undefined;
    throw readFailure(thrown, `'${shown}'`);
  }
}

/** To leave a file out unasked would be to answer wrongly; the message says which one it is, and how to go on. */
function ofPattern(pattern: string): (thrown: unknown) => never {
  return (thrown) => {
    if (!(thrown instanceof ToolError)) throw thrown;
    throw new ToolError(
      thrown.code,
      `${thrown.message}; or name a pattern other than '${pattern}' that leaves it out`,
      {
        cause: thrown,
      },
    );
  };
}

function outside(source: string, roots: readonly string[]): ToolError {
  const advice =
    roots.length === 0 ? noRoot : `; files are read inside ${roots.join(", ")} only (--root DIR adds a folder)`;
  return new ToolError("not_allowed", `'${source}' lies outside the folders that may be read, or is private${advice}`);
}

interface Search {
  /** Where the source was looked for. */
  paths: readonly string[];
  roots: readonly string[];
  readable: (real: string) => boolean;
}

async function missing(source: string, { paths, roots, readable }: Search): Promise<ToolError> {
  if (/^~([/\\]|$)/.test(source)) {
    throw new ToolError("not_found", `'${source}' does not exist; ~ is not expanded: write the whole path`);
  }
  for (const folder of paths.map((path) => dirname(path))) {
    const real = await realpathIfAny(folder, folder);
    if (real === undefined || !readable(join(real, "file"))) continue;
    const names = (await namesIn(real)).filter((name) => !name.startsWith(".") && readable(join(real, name)));
    const hint = nearestFile(basename(source), names.slice(0, 5_000));
    if (hint !== "") return new ToolError("not_found", `'${source}' does not exist${hint}`);
  }
  const advice = roots.length === 0 ? noRoot : `; paths are relative to ${roots.join(" or ")}`;
  return new ToolError("not_found", `there is no file or dataset '${source}'${isAbsolute(source) ? "" : advice}`);
}

/** A name may have been given without its ending. */
function nearestFile(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  if (near.length > 0 || name.includes(".")) return suggestion(near.map(quoted));
  const wholes = new Map(names.map((whole) => [whole.replace(/\..*$/, ""), whole]));
  return suggestion(nearest(name, [...wholes.keys()]).map((stem) => quoted(wholes.get(stem) ?? stem)));
}

/** As SQL has the name of a file. */
function quoted(name: string): string {
  return `'${name}'`;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    return [];
  }
}
