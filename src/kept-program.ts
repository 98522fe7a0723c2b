import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { crc32 } from "node:zlib";
import { safeCompiledFolder } from "./compiled-code.ts";

/** What such a program keeps its code by. */
const keep = Symbol.for("axoner.keep-code");

/**
 * Run a program of the build, a CommonJS file that needs no module but Node's own and has a digest of its text in its name,
 * with the code that was kept of it. Node's own compile cache has of a file what is compiled when it is loaded, and not the
 * functions that are compiled by their first call; this has all that ran until the program called `keepCode`.
 */
export function runKept(program: URL): void {
  const path = fileURLToPath(program);
  const folder = safeCompiledFolder();
  // V8 looks at its own version and flags, and refuses what others have made
  const kept = folder && join(folder, `${basename(path)}-${process.versions.v8}-${process.arch}`);
  const cachedData = kept === undefined ? undefined : readIfWhole(kept);
  // esbuild writes all but comments in ASCII
  const text = `(function (require) {${readFileSync(path, "latin1")}\n})`;
  const script = new Script(text, { filename: path, ...(cachedData !== undefined && { cachedData }) });
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true;
  if (kept !== undefined && !isKept) Reflect.set(globalThis, keep, keeping(script, kept));
  const run: unknown = script.runInThisContext();
  if (isCallable(run)) run(process.getBuiltinModule);
}

/** In such a program of which nothing is kept: do what it is for, so that it is compiled, and keep that. Else nothing. */
export function keepCode(exercise: () => void): void {
  const save: unknown = Reflect.get(globalThis, keep);
  if (!isCallable(save)) return;
  exercise();
  save();
}

function isCallable(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === "function";
}

/** A file has the checksum of the code in front of it: V8 runs what is damaged. */
const sumBytes = 4;

function readIfWhole(path: string): Buffer | undefined {
  try {
    const file = readFileSync(path);
    const code = file.subarray(sumBytes);
    return file.readUInt32LE(0) === crc32(code) ? code : undefined;
  } catch {
    return undefined; // it only makes the start faster
  }
}

/** Undefined where nothing can be written: then the program need not prepare for it. */
function keeping(script: Script, path: string): (() => void) | undefined {
  const making = `${path}.${process.pid}`;
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    return undefined;
  }
  return () => {
    try {
      const code = script.createCachedData();
      const sum = Buffer.alloc(sumBytes);
      sum.writeUInt32LE(crc32(code));
      writeFileSync(making, Buffer.concat([sum, code]), { flag: "wx", mode: 0o600 });
      renameSync(making, path);
    } catch {
      rmSync(making, { force: true });
    }
  };
}
