import { lstat, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { systemErrorCode } from "../../errors.ts";

/** Held until it is released or the process ends, however it ends. */
export interface Lock {
  release(): void;
}

const retryMs = 50;

/**
 * Hold a file alone. The system keeps the lock and frees it with the process, so that it can neither be left behind nor be
 * taken from its holder: SQLite's is the only such lock that Node has.
 *
 * @returns undefined where another process has it for all of `waitMs`
 */
export async function takeLock(path: string, waitMs: number): Promise<Lock | undefined> {
  for (const until = Date.now() + waitMs; ; await delay(retryMs)) {
    await writeFile(path, "", { flag: "a", mode: 0o600 });
    const before = await inodeOf(path);
    const lock = tryLock(path);
    // Its last holder may have removed the file after it was opened here: then the lock is of nothing.
    if (lock !== undefined && before !== undefined && before === (await inodeOf(path))) return lock;
    lock?.release();
    if (Date.now() >= until) return undefined;
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const busy = 5;

function tryLock(path: string): Lock | undefined {
  const database = new DatabaseSync(path);
  try {
    database.exec("pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive");
    return { release: () => database.close() };
  } catch (thrown) {
    database.close();
    if (thrown instanceof Error && "errcode" in thrown && thrown.errcode === busy) return undefined;
    throw thrown;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}
