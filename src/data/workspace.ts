import { randomBytes } from "node:crypto";
import { mkdir, readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";

export const workspaceFolders = ["datasets", "exports", "sessions", "jobs", "cache", "tmp"] as const;
export type WorkspaceFolder = (typeof workspaceFolders)[number];

/** The one folder axoner writes to. It is made on first use, is the user's alone, and ignores itself in git. */
export interface Workspace {
  path: string;
  /** The absolute path of a folder that exists. @throws ToolError `unavailable` where it cannot be made. */
  folder(name: WorkspaceFolder): Promise<string>;
  /** A new path in `tmp`, whether that exists or not. */
  temporaryName(extension: string): string;
  /** A new path in `tmp`, which exists then, on the same file system as the datasets. The first call removes what dead processes left. */
  temporaryPath(extension: string): Promise<string>;
}

export function openWorkspace(path: string): Workspace {
  const made = new Map<WorkspaceFolder, Promise<string>>();
  let swept: Promise<void> | undefined;

  function folder(name: WorkspaceFolder): Promise<string> {
    const known = made.get(name);
    if (known !== undefined) return known;
    const making = makeFolder(path, name);
    made.set(name, making);
    making.catch(() => made.delete(name));
    return making;
  }

  const temporaryName = (extension: string) =>
    join(path, "tmp", `${process.pid}-${randomBytes(8).toString("hex")}${extension}`);

  return {
    path,
    folder,
    temporaryName,
    async temporaryPath(extension) {
      const tmp = await folder("tmp");
      swept ??= sweep(tmp);
      await swept;
      return temporaryName(extension);
    },
  };
}

/** What a failed write means to the caller, as a `ToolError`; anything else as it came. */
export function writeFailure(thrown: unknown, what: string): unknown {
  const code = systemErrorCode(thrown);
  if (code === undefined || thrown instanceof ToolError) return thrown;
  const advice =
    code === "ENOSPC" || code === "EDQUOT"
      ? "no space is left on the disk; free some, or choose another workspace with --workspace DIR"
      : `${code}; choose a workspace that can be written with --workspace DIR`;
  return new ToolError("unavailable", `cannot write ${what}: ${advice}`, { cause: thrown });
}

async function makeFolder(workspace: string, name: WorkspaceFolder): Promise<string> {
  const path = join(workspace, name);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(join(workspace, ".gitignore"), "*\n", { flag: "wx", mode: 0o600 });
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EEXIST" || !(await isFolder(path)))
      throw writeFailure(thrown, `the workspace ${workspace}`);
  }
  // A link could lead anywhere, and what lies in tmp is removed one day.
  if ((await realpath(path)) !== join(await realpath(workspace), name)) {
    throw new ToolError(
      "not_allowed",
      `${path} is a link; remove it, or choose another workspace with --workspace DIR`,
    );
  }
  return path;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (systemErrorCode(thrown) === undefined) throw thrown;
    return false;
  }
}

/** Remove the temporary files of a process that has been killed. */
export async function removeTemporaryFiles(workspace: string, pid: number): Promise<void> {
  const tmp = join(workspace, "tmp");
  for (const entry of await namesIn(tmp)) {
    if (ownerOf(entry) === pid) await rm(join(tmp, entry), { recursive: true, force: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

const sweepAfterMs = 3_600_000;

/**
 * Remove temporary files whose process has ended. Process ids of another container look dead too, so anything
 * touched within the hour stays.
 */
async function sweep(tmp: string): Promise<void> {
  for (const entry of await namesIn(tmp)) {
    const owner = ownerOf(entry);
    if (owner === undefined || isAlive(owner)) continue;
    const path = join(tmp, entry);
    const age = Date.now() - ((await statOrGone(path))?.mtimeMs ?? Date.now());
    if (age > sweepAfterMs) await rm(path, { recursive: true, force: true });
  }
}

/** The process that made a temporary file, by the file's name. */
function ownerOf(entry: string): number | undefined {
  const pid = /^(\d+)-[0-9a-f]{16}(\.[a-z]+)?$/.exec(entry)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function statOrGone(path: string) {
  try {
    return await stat(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemErrorCode(thrown) !== "ESRCH";
  }
}
