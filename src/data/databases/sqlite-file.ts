import { open, realpath, type FileHandle } from "node:fs/promises";
import { ToolError } from "../../errors.ts";
import type { Files } from "../files.ts";
import { readFailure } from "../open-file.ts";
import type { SqliteFile } from "./sqlite-wire.ts";

/** A database file that a model names: inside the roots, as any other file it reads. */
export async function findSqliteFile(path: string, files: Files): Promise<SqliteFile> {
  const found = await files.find(path);
  const [file] = found;
  if (file === undefined || found.length > 1)
    throw new ToolError("invalid_input", `sqlite:${path} matches ${found.length} files; name one`);
  return await inspect(await files.open(file), { path: file.path, shown: `sqlite:${file.shown}` });
}

/** A database file that the user's configuration names: wherever it lies, links followed. */
export async function configuredSqliteFile(name: string, path: string): Promise<SqliteFile> {
  try {
    const real = await realpath(path);
    return await inspect(await open(real, "r"), { path: real, shown: name });
  } catch (thrown) {
    throw readFailure(thrown, `the file of database ${name}`);
  }
}

const magic = "SQLite format 3\0";
const headerBytes = 20;

/** https://www.sqlite.org/fileformat.html#the_database_header */
async function inspect(handle: FileHandle, { path, shown }: Pick<SqliteFile, "path" | "shown">): Promise<SqliteFile> {
  try {
    const { dev, ino } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    if (bytesRead < headerBytes || buffer.toString("latin1", 0, magic.length) !== magic)
      throw new ToolError(
        "unreadable",
        `${shown} is no SQLite database, or it is encrypted; query_data and read_rows read CSV, JSON and Parquet`,
      );
    return { path, shown, device: dev, inode: ino, isWal: buffer[19] === 2 };
  } finally {
    await handle.close();
  }
}
