import { readdir, realpath, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { systemErrorCode, ToolError } from "../errors.ts";
import { nodeCrypto } from "./node-crypto.ts";
import { isAlive } from "../is-alive.ts";
import { checkWorkspace } from "./places.ts";
import { log } from "../log.ts";
import { once } from "../once.ts";
import { makeFolders } from "../make-folders.ts";

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

/** Containers have a host name of their own. */
function machine(): string {
  return nodeCrypto().createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

/** A name that no other file has, and that tells which process made it. */
export function newOwnName(): string {
  return `${process.pid}-${machine()}-${nodeCrypto().randomBytes(8).toString("hex")}`;
}

export function openWorkspace(path: string): Workspace {
  // Made anew each time: whoever tidies up may remove the workspace while we run.
  const folder = (name: WorkspaceFolder) => makeFolder(path, name);
  const swept = once(async () => removeRests(await folder("tmp")));
  const temporaryName = (extension: string) => join(path, "tmp", `${newOwnName()}${extension}`);

  return {
    path,
    folder,
    temporaryName,
    async temporaryPath(extension) {
      await folder("tmp");
      await swept.get();
      return temporaryName(extension);
    },
  };
}

/** Whether something can be written in the workspace's temporary folder, which exists then. */
export async function isWritable(workspace: Workspace): Promise<boolean> {
  try {
    await workspace.temporaryPath("");
    return true;
  } catch (thrown) {
    if (thrown instanceof ToolError && thrown.code === "unavailable") return false;
    throw thrown;
  }
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
  await checkWorkspace(workspace);
  try {
    await makeFolders(path, 0o700);
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
  for (const path of await temporaryFiles(workspace, pid)) await rm(path, { recursive: true, force: true });
}

/** The temporary files and folders of a process. */
export async function temporaryFiles(workspace: string, pid: number): Promise<string[]> {
  const tmp = join(workspace, "tmp");
  return (await namesIn(tmp)).flatMap((entry) => {
    const owner = ownerOf(entry);
    return owner?.isHere === true && owner.pid === pid ? [join(tmp, entry)] : [];
  });
}

/** Of what is in a folder; nothing where there is none. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(thrown) ?? "")) return [];
    throw thrown;
  }
}

/** They cost space, and no reason to refuse what is to be written now. */
function warnOfRests(thrown: unknown): void {
  log.warn("cannot remove the temporary files that earlier processes left", thrown);
}

const foreignAfterMs = 3_600_000;

/**
 * Remove from a folder the temporary files whose process has ended. Whether one of another machine or container has
 * ended cannot be seen from here: its files go when nobody has touched them for an hour. What fails is only logged.
 *
 * @param prefix what the names begin with, before `newOwnName`
 */
export async function removeRests(folder: string, prefix = ""): Promise<void> {
  try {
    for (const entry of await namesIn(folder)) {
      const path = join(folder, entry);
      if (entry.startsWith(prefix) && (await isLeft(path, entry.slice(prefix.length))))
        await rm(path, { recursive: true, force: true });
    }
  } catch (thrown) {
    warnOfRests(thrown);
  }
}

interface Owner {
  pid: number;
  /** Whether the process ids of this machine or container tell of it. */
  isHere: boolean;
}

/**
 * Whether whoever made a file under `newOwnName` has ended, and left it. Files of another machine or container count
 * as left when nobody has touched them for an hour.
 */
export async function isLeft(path: string, ownName: string): Promise<boolean> {
  const owner = ownerOf(ownName);
  if (owner === undefined) return false;
  return owner.isHere ? !isAlive(owner.pid) : await isOld(path);
}

/** The process that made a temporary file, by the file's name. */
function ownerOf(entry: string): Owner | undefined {
  const match = /^(\d+)-([0-9a-f]{8})-[0-9a-f]{16}(\.[a-z]+)?$/.exec(entry);
  return match === null ? undefined : { pid: Number(match[1]), isHere: match[2] === machine() };
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > foreignAfterMs;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return false;
    throw thrown;
  }
}
