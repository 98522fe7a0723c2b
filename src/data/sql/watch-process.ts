import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemErrorCode, ToolError } from "../../errors.ts";
import { log } from "../../log.ts";
import { diskExcess, inMb } from "../limits.ts";

export interface ProcessLimits {
  /** Of the process itself. Counted here on Linux only; elsewhere the process tells of itself. */
  memoryBytes: number;
  /** Of all that it writes. */
  diskBytes: number;
  /** The files and folders that it writes to; they need not exist. */
  written: () => Promise<string[]>;
}

export interface Watch {
  /** Aborts with a `ToolError` `too_large` once a limit is passed. */
  signal: AbortSignal;
  close(): void;
}

const everyMs = 50;
const diskEvery = 5;

/**
 * Watch a process while it runs a statement: neither what a function such as `repeat` makes nor what `COPY` writes
 * counts against the limits that DuckDB keeps. Whoever begins a watch closes it.
 */
export function watchProcess(pid: number, limits: ProcessLimits): Watch {
  const exceeded = new AbortController();
  const closed = new AbortController();
  void watch(pid, limits, closed.signal).then(
    (excess) => excess !== undefined && exceeded.abort(excess),
    (thrown: unknown) => closed.signal.aborted || log.warn(`cannot watch the SQL process ${pid}`, thrown),
  );
  return { signal: exceeded.signal, close: () => closed.abort() };
}

async function watch(pid: number, limits: ProcessLimits, signal: AbortSignal): Promise<ToolError | undefined> {
  for (let round = 1; ; round++) {
    await delay(everyMs, undefined, { signal, ref: false });
    if ((await residentBytes(pid)) > limits.memoryBytes) return tooMuchMemory(limits.memoryBytes);
    const excess = round % diskEvery === 0 ? await writtenExcess(limits) : undefined;
    if (excess !== undefined) return excess;
  }
}

export function tooMuchMemory(limitBytes: number): ToolError {
  return new ToolError(
    "too_large",
    `the statement takes more than ${inMb(limitBytes)} MB of memory; make shorter values, select fewer columns, or filter and aggregate earlier`,
  );
}

/** 0 where it cannot be seen: the process has ended, or the system is not Linux. */
async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") return 0;
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch (thrown) {
    if (["ENOENT", "ESRCH"].includes(systemErrorCode(thrown) ?? "")) return 0;
    throw thrown;
  }
}

async function writtenExcess({ diskBytes, written }: ProcessLimits): Promise<ToolError | undefined> {
  const paths = await written();
  const sizes = await Promise.all(paths.map(sizeOf));
  const largest = paths[sizes.indexOf(Math.max(...sizes))];
  if (largest === undefined) return undefined;
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  return await diskExcess({ sizeBytes, limitBytes: diskBytes, folder: dirname(largest) });
}

/** Of a file, or of the files in a folder. */
async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return found.size;
    const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return 0;
    throw thrown;
  }
}
