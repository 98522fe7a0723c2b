import { constants, type BigIntStats } from "node:fs";
import { lstat, open, readlink, realpath, type FileHandle } from "node:fs/promises";
import { systemErrorCode, ToolError } from "../errors.ts";
import { cutText } from "../text/text.ts";

/**
 * Open a regular file for reading, given its real path, so that whoever swaps a part of the path meanwhile gains
 * nothing: no link is followed, a pipe does not block, and what was opened is checked to be what was asked for.
 *
 * @param path what `realpath` gave
 * @param shown what messages call it
 * @throws ToolError `not_found`, `not_allowed` (link, folder, device, several hard links), `unreadable`
 */
export async function openRegularFile(path: string, shown: string): Promise<FileHandle> {
  const handle = await openWithoutFollowing(path, shown);
  try {
    const opened = await handle.stat();
    if (opened.isDirectory()) {
      const glob = `'${shown.replaceAll(/^'|\/?'$/g, "")}/*.csv'`;
      throw new ToolError("not_allowed", `${shown} is a folder; name a file in it or a glob such as ${glob}`);
    }
    if (!opened.isFile())
      throw new ToolError("not_allowed", `${shown} is no regular file; only regular files can be read`);
    if (opened.nlink > 1)
      throw new ToolError(
        "not_allowed",
        `${shown} has several hard links and may lie outside the roots too; copy it and read the copy`,
      );
    if ((await openedPath(handle, path, opened)) !== path)
      throw new ToolError("not_allowed", `${shown} changed while it was opened; try again`);
    return handle;
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

/** The name under which this process can open the same file again, whatever happens to its path. */
export function descriptorPath(handle: FileHandle, path: string): string {
  return process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
}

/** A file as sources tell of it, opened once to see that it can be. @throws as `openRegularFile` */
export async function inspectFile(path: string, shown: string) {
  const handle = await openRegularFile(path, `'${shown}'`);
  try {
    const { size, mtime } = await handle.stat();
    return { path, shown, sizeBytes: size, modifiedAt: mtime.toISOString(), state: await fileState(handle) };
  } finally {
    await handle.close();
  }
}

/** What differs whenever a file's content does: which file it is, its length, and when content and entry last changed. */
export async function fileState(handle: FileHandle): Promise<string> {
  return stateOfStats(await handle.stat({ bigint: true }));
}

export function stateOfStats({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join("-");
}

/** What a failed open or stat means to the caller. */
export function readFailure(thrown: unknown, shown: string): unknown {
  if (thrown instanceof ToolError) return thrown;
  switch (systemErrorCode(thrown)) {
    case "ENOENT":
    case "ENOTDIR":
      return new ToolError("not_found", `${shown} does not exist`, { cause: thrown });
    case "ELOOP":
    case "EMLINK":
      return new ToolError("not_allowed", `${shown} is a symbolic link that cannot be followed`, { cause: thrown });
    case "ENXIO":
      return new ToolError("not_allowed", `${shown} is no regular file; only regular files can be read`, {
        cause: thrown,
      });
    case "EACCES":
    case "EPERM":
      return new ToolError("unreadable", `${shown} cannot be read: permission denied by the system`, { cause: thrown });
    case "ENAMETOOLONG":
      return new ToolError("invalid_input", `the path ${cutText(shown, 80)} is too long`, { cause: thrown });
    case undefined:
      return thrown;
    default:
      return new ToolError("unreadable", `${shown} cannot be read: ${systemErrorCode(thrown)}`, { cause: thrown });
  }
}

async function openWithoutFollowing(path: string, shown: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (thrown) {
    throw readFailure(thrown, shown);
  }
}

async function openedPath(handle: FileHandle, path: string, opened: { dev: number; ino: number }): Promise<string> {
  if (process.platform === "linux") return await readlink(`/proc/self/fd/${handle.fd}`);
  const found = await lstat(path);
  return found.dev === opened.dev && found.ino === opened.ino ? await realpath(path) : "";
}
