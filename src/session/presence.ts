import { linkSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage, systemErrorCode, ToolError } from "../errors.ts";
import { isAlive } from "../is-alive.ts";
import { log } from "../log.ts";
import { isJsonObject } from "../message.ts";
import { hashOf, unlessMissing } from "./file/session-file.ts";
import type { Presence } from "./store.ts";
import { makeFoldersSync } from "../make-folders.ts";

interface Mark {
  pid: number;
  started: string;
  since: string;
}

/**
 * Presence by files of a folder, each with the process that is in a session. Of one process several runs may be in a
 * session: the store tells them apart. The mark of a process that has ended counts for nothing, and where none can be
 * left the session is used without.
 *
 * @param store tells equal ids of different stores apart
 */
export function openPresence(folder: string, store: string): Presence {
  const runs = new Map<string, number>();
  const pathOf = (id: string) => join(folder, `${hashOf(id, store)}.running`);
  return {
    async enter(id) {
      const path = pathOf(id);
      const others = runs.get(id) ?? 0;
      if (others === 0) enterFirst(path, id);
      runs.set(id, others + 1);
    },
    async leave(id) {
      const others = (runs.get(id) ?? 1) - 1;
      if (others > 0) {
        runs.set(id, others);
        return;
      }
      runs.delete(id);
      const path = pathOf(id);
      if (readMark(path)?.pid === process.pid) unlessMissing(() => unlinkSync(path));
    },
  };
}

function enterFirst(path: string, id: string): void {
  try {
    replaceMark(path, id);
  } catch (thrown) {
    if (thrown instanceof ToolError || systemErrorCode(thrown) === undefined) throw thrown;
    log.warn(`session ${id} cannot be marked as in use, so another run in it is told later: ${errorMessage(thrown)}`);
  }
}

function replaceMark(path: string, id: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (leaveMark(path)) return;
    const mark = readMark(path);
    if (mark !== undefined && isRunning(mark)) throw inUse(id, mark);
    unlessMissing(() => unlinkSync(path));
  }
}

/** Whole or not at all: written beside, and then given its name. Whether there was none. */
function leaveMark(path: string): boolean {
  const mark: Mark = { pid: process.pid, started: startOf(process.pid), since: new Date().toISOString() };
  const own = `${path}.${process.pid}`;
  const write = () => writeFileSync(own, JSON.stringify(mark), { mode: 0o600 });
  if (unlessMissing(() => (write(), true)) === undefined) {
    makeFoldersSync(join(path, ".."), 0o700);
    write();
  }
  try {
    linkSync(own, path);
    return true;
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "EEXIST") throw thrown;
    return false;
  } finally {
    unlinkSync(own);
  }
}

function readMark(path: string): Mark | undefined {
  const text = unlessMissing(() => readFileSync(path, "utf8"));
  try {
    const mark: unknown = text === undefined ? undefined : JSON.parse(text);
    return isMark(mark) ? mark : undefined;
  } catch {
    return undefined; // not one of ours
  }
}

function isMark(value: unknown): value is Mark {
  if (!isJsonObject(value)) return false;
  const { pid, started, since } = value;
  return typeof pid === "number" && typeof started === "string" && typeof since === "string";
}

/** The number of a process is given to another one some time after its end, hence the start. */
function isRunning({ pid, started }: Mark): boolean {
  return pid !== process.pid && isAlive(pid) && startOf(pid) === started;
}

/** When a process was started, in units of its system; empty where that is not told. */
function startOf(pid: number): string {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
    return afterName.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function inUse(id: string, { pid, since }: Mark): ToolError {
  const message = `session ${id} is in use by another run or chat (process ${pid}, since ${since}); wait until it has ended, or go on in a copy: axoner sessions fork ${id} NEW-ID`;
  return new ToolError("conflict", message);
}
