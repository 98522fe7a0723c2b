import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "./errors.ts";

/**
 * Make a folder and those above it; one that is there stays. Node's own recursion never ends where the system says of a
 * folder that is there that it is not, as Linux does below /proc.
 *
 * @param mode of each folder that is made
 * @throws what the system says, e.g. `EEXIST` where a file has the name
 */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (thrown) {
    const code = systemErrorCode(thrown);
    if (code === "ENOENT" && dirname(path) !== path) {
      await makeFolders(dirname(path), mode);
      return makeOne(path, mode);
    }
    if (!(await isFolder(path))) throw thrown;
  }
}

/** Another process may have made it meanwhile. */
async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (thrown) {
    if (!(await isFolder(path))) throw thrown;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** As `makeFolders`. */
export function makeFoldersSync(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT" && dirname(path) !== path) {
      makeFoldersSync(dirname(path), mode);
      return makeOneSync(path, mode);
    }
    if (!isFolderSync(path)) throw thrown;
  }
}

function makeOneSync(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (thrown) {
    if (!isFolderSync(path)) throw thrown;
  }
}

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
