import type { SqlProcess } from "./sql-process.ts";
import { log } from "../../log.ts";
import { removeTemporaryFiles } from "../workspace.ts";
import { release } from "./start-child.ts";

/**
 * The processes of one kind that run SQL: started when there is none to take, and one kept warm between statements. The temporary files of
 * one that has ended are removed, whoever ended it.
 */
export interface ChildPool {
  take(): SqlProcess;
  /** Start one for the next statement, where none runs. */
  prepare(): void;
  /** Keep it for the next statement. Where one waits already, one of them ends: that, if this one is `preferred`. */
  putBack(child: SqlProcess, options?: { preferred: boolean }): void;
  /** Take this one, where it still waits; it does not hold up the end of the program. */
  claim(child: SqlProcess): boolean;
  /** End it at once. */
  kill(child: SqlProcess): void;
  /** End all, and wait until they are gone. */
  close(): Promise<void>;
}

export interface ChildPoolOptions {
  start: () => SqlProcess;
  /** One that has been started already, for the first statement. */
  first?: SqlProcess | undefined;
  workspace: string;
}

const warmMs = 5 * 60_000;

export function openChildPool({ start, first, workspace }: ChildPoolOptions): ChildPool {
  const children = new Set<SqlProcess>();
  const ending = new Set<Promise<unknown>>();
  let warm: { child: SqlProcess; timer: NodeJS.Timeout } | undefined;
  let closed = false;

  function begin(child = start()): SqlProcess {
    children.add(child);
    // Whoever runs a statement on it hears of its end too; one that ends while it waits is only forgotten.
    child.on("error", () => forget(child)).on("exit", () => forget(child));
    // One that never started has no end, and leaves nothing.
    if (child.pid === undefined) return child;
    const gone = removeAfterExit(child, child.pid, workspace).finally(() => ending.delete(gone));
    ending.add(gone);
    return child;
  }

  function forget(child: SqlProcess): void {
    children.delete(child);
    if (warm?.child !== child) return;
    clearTimeout(warm.timer);
    warm = undefined;
  }

  function kill(child: SqlProcess): void {
    forget(child);
    if (hasEnded(child)) return;
    child.ref();
    child.kill("SIGKILL");
  }

  function putBack(child: SqlProcess, { preferred } = { preferred: false }): void {
    if (closed || (warm !== undefined && !preferred) || !children.has(child)) return kill(child);
    if (warm !== undefined) kill(warm.child);
    const timer = setTimeout(() => kill(child), warmMs);
    timer.unref();
    release(child);
    warm = { child, timer };
  }

  function takeWarm(): SqlProcess | undefined {
    clearTimeout(warm?.timer);
    const child = warm?.child;
    warm = undefined;
    return child;
  }

  if (first !== undefined && !hasEnded(first)) putBack(begin(first));
  return {
    take() {
      const child = takeWarm() ?? begin();
      child.ref();
      child.channel?.ref();
      return child;
    },
    putBack,
    claim: (child) => warm?.child === child && takeWarm() === child,
    kill,
    prepare() {
      if (!closed && children.size === 0) putBack(begin());
    },
    async close() {
      closed = true;
      for (const child of children) kill(child);
      await Promise.all(ending);
    },
  };
}

function hasEnded({ pid, exitCode, signalCode }: SqlProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** However it ends, by us or by the system: what it leaves is removed. */
async function removeAfterExit(child: SqlProcess, pid: number, workspace: string): Promise<void> {
  await new Promise((resolve) => child.once("exit", resolve));
  try {
    await removeTemporaryFiles(workspace, pid);
  } catch (thrown) {
    log.warn(`cannot remove the temporary files of process ${pid}`, thrown);
  }
}
