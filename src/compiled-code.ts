/*
 * What V8 has made of our files is kept for the next process: Node's compile cache, in a folder that is this user's alone.
 * What lies in it is run without being looked at, so the folder is trusted no less carefully than the program itself.
 * Launchers import this: like them it is to be readable by an old Node, and loads nothing.
 */

/** The variable by which Node itself is told of the folder: of ours once `keepCompiledCode` has found it safe. */
const variable = "NODE_COMPILE_CACHE";
const ownMode = 0o700;
const dayMs = 24 * 60 * 60_000;
/** What a version has kept goes when it was not started for so long. */
const unusedMs = 14 * dayMs;

/**
 * Keep the compiled code of all that this process loads from now on, in a folder of this version's below the user's cache
 * folder; once a day what other versions have left there unused is removed. Does nothing where that folder cannot be made,
 * or others could have put something into it; with
 * `AXONER_COMPILE_CACHE=off`; and where the user has told Node of another folder, or of none.
 */
export function keepCompiledCode(version: string): void {
  const { env } = process;
  if (env["AXONER_COMPILE_CACHE"] === "off" || env[variable] || env["NODE_DISABLE_COMPILE_CACHE"]) return;
  const { join, isAbsolute } = process.getBuiltinModule("node:path");
  const given = env["XDG_CACHE_HOME"];
  try {
    const base = given && isAbsolute(given) ? given : join(process.getBuiltinModule("node:os").homedir(), ".cache");
    const folder = join(base, "axoner", `compiled-${version}`);
    if (!isOwnFolder(folder)) {
      for (const one of [base, join(base, "axoner"), folder]) makeFolder(one);
      if (!isOwnFolder(folder)) return;
      removeUnused(folder);
    }
    process.getBuiltinModule("node:module").enableCompileCache(folder);
    env[variable] = folder;
    noteUse(folder);
  } catch {
    // it only makes the next start faster
  }
}

/** Where Node keeps compiled code, our folder or the user's; undefined where none is to be kept. */
function compiledFolder(): string | undefined {
  const { env } = process;
  return env["AXONER_COMPILE_CACHE"] === "off" || env["NODE_DISABLE_COMPILE_CACHE"] ? undefined : env[variable];
}

/** The same, if it is safe to run what lies there. */
export function safeCompiledFolder(): string | undefined {
  const folder = compiledFolder();
  try {
    return folder !== undefined && isOwnFolder(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** What a process of ours is told, so that it uses the same folder. */
export function compiledCode(): Record<string, string> {
  const folder = compiledFolder();
  return folder === undefined ? {} : { [variable]: folder };
}

/** Write what has been compiled by now: for a process that may be killed. */
export function saveCompiledCode(): void {
  if (compiledFolder() !== undefined) process.getBuiltinModule("node:module").flushCompileCache();
}

/** Whether a folder is no link, this user's alone, and lies where nobody else can put another in its place. */
function isOwnFolder(folder: string): boolean {
  const { lstatSync, realpathSync } = process.getBuiltinModule("node:fs");
  const { dirname } = process.getBuiltinModule("node:path");
  const user = process.getuid?.();
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (user === undefined || stats === undefined || !stats.isDirectory()) return false;
  if (stats.uid !== user || (stats.mode & 0o777) !== ownMode) return false;
  let path = realpathSync.native(folder);
  while (path !== dirname(path)) {
    path = dirname(path);
    const { uid, mode } = lstatSync(path);
    if (uid !== user && uid !== 0) return false;
    // where the sticky bit is set, others may add to a folder and rename nothing in it
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) return false;
  }
  return true;
}

/** One, for Node's own recursion never ends below /proc. */
function makeFolder(folder: string): void {
  const { existsSync, mkdirSync } = process.getBuiltinModule("node:fs");
  if (!existsSync(folder)) mkdirSync(folder, { mode: ownMode });
}

/** Leave in the folder's own time when it was last used, to the day: a start is to write nothing else. */
function noteUse(folder: string): void {
  const { lstatSync, utimesSync } = process.getBuiltinModule("node:fs");
  const now = Date.now();
  if (Math.abs(now - lstatSync(folder).mtimeMs) < dayMs) return;
  utimesSync(folder, now / 1_000, now / 1_000);
  removeUnused(folder);
}

/**
 * Remove what versions have left that nobody starts any more. Those in use stay: two installed versions that are started in
 * turn would otherwise each find nothing.
 */
function removeUnused(folder: string): void {
  const { lstatSync, readdirSync, rmSync } = process.getBuiltinModule("node:fs");
  const { basename, dirname, join } = process.getBuiltinModule("node:path");
  const above = dirname(folder);
  for (const name of readdirSync(above)) {
    if (!name.startsWith("compiled-") || name === basename(folder)) continue;
    const other = join(above, name);
    try {
      if (Date.now() - lstatSync(other).mtimeMs > unusedMs) rmSync(other, { recursive: true, force: true });
    } catch {
      // another process removes it too, or it is not ours to remove
    }
  }
}
