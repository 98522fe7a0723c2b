/**
 * Entry of the executable: unpacks the program that it holds, once for each version and user, and runs it. Native
 * libraries, threads and child processes need files, and files that nobody else can write.
 */
import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { getAsset, getRawAsset } from "node:sea";
import { zstdDecompressSync } from "node:zlib";

/** One file of the program, in the order in which they lie one behind the other. */
interface PackedFile {
  path: string;
  sizeBytes: number;
}

interface Index {
  digest: string;
  files: PackedFile[];
}

try {
  run(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`axoner: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}

/** A process of ours is started as Node would be, with the path of its entry; what else it knows of the environment is little. */
function run(argv: string[]): void {
  const index = JSON.parse(getAsset("index", "utf8")) as Index;
  const name = `program-${index.digest}`;
  const [entry = ""] = argv;
  const isChild = isAbsolute(entry) && entry.split(sep).slice(-3, -1).join("/") === `${name}/dist`;
  const folder = isChild
    ? dirname(dirname(entry))
    : join(resolve(process.env["AXONER_UNPACK_DIR"] || cacheFolder()), name);
  if (!isChild) unpack(folder, index);
  checkOwn(folder);
  process.argv.splice(1, process.argv.length, ...(isChild ? argv : [join(folder, "dist/cli.js"), ...argv]));
  // what is built into an executable can import Node's own modules alone; a file can import files
  createRequire(join(folder, "package.json"))("./import.cjs");
}

/** Clients pass on no variable but the home folder that could name it. */
function cacheFolder(): string {
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/axoner");
  if (process.platform === "win32")
    return join(process.env["LOCALAPPDATA"] || join(homedir(), "AppData", "Local"), "axoner");
  return join(homedir(), ".cache/axoner");
}

function unpack(folder: string, { files }: Index): void {
  if (isWhole(folder, files)) return;
  const above = dirname(folder);
  try {
    mkdirSync(above, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`${above} cannot be made; set AXONER_UNPACK_DIR to a folder that only you can write`, { cause });
  }
  checkOwn(above);
  const staging = mkdtempSync(join(above, "unpacking-"));
  try {
    writeFiles(staging, files);
    if (!moved(staging, folder) && !isWhole(folder, files)) {
      rmSync(folder, { recursive: true, force: true }); // what is there lacks something
      renameSync(staging, folder);
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** A folder that another process has put there meanwhile, and may be running, stays. */
function moved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function isWhole(folder: string, files: readonly PackedFile[]): boolean {
  return files.every(({ path, sizeBytes }) => sizeOf(join(folder, path)) === sizeBytes);
}

function writeFiles(folder: string, files: readonly PackedFile[]): void {
  const packed = zstdDecompressSync(new Uint8Array(getRawAsset("program")));
  let at = 0;
  for (const { path, sizeBytes } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), packed.subarray(at, at + sizeBytes), { mode: 0o600 });
    at += sizeBytes;
  }
}

function sizeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.size;
}

/** What others may write is not run. */
function checkOwn(folder: string): void {
  const stats = lstatSync(folder);
  const isOwn = stats.isDirectory() && (process.getuid === undefined || stats.uid === process.getuid());
  const isGuarded = process.platform === "win32" || (stats.mode & 0o022) === 0;
  if (isOwn && isGuarded) return;
  throw new Error(
    `${folder} is a link, another user's, or writable by others; remove it, or set AXONER_UNPACK_DIR to a folder that only you can write`,
  );
}
