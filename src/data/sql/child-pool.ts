import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { entryUrl, type Entry } from "../../entries.ts";
import { log } from "../../log.ts";
import { removeTemporaryFiles } from "../workspace.ts";

/**
 * The processes of one kind that run SQL: started when there is none to take, and one kept warm between statements. The temporary files of
 * one that has ended are removed, whoever ended it.
 */
export interface ChildPool {
  take(): ChildProcess;
  /** Start one for the next statement, where none runs. */
  prepare(): void;
  /** Keep it for the next statement, or end it where one waits already. */
  putBack(child: ChildProcess): void;
  /** Take this one, where it still waits; it does not hold up the end of the program. */
  claim(child: ChildProcess): boolean;
  /** End it at once. */
  kill(child: ChildProcess): void;
  /** End all, and wait until they are gone. */
  close(): Promise<void>;
}

export interface ChildPoolOptions {
  entry: Entry;
  /** All that the processes see of the environment. */
  environment: Record<string, string>;
  workspace: string;
}

const warmMs = 5 * 60_000;

export function openChildPool({ entry, environment, workspace }: ChildPoolOptions): ChildPool {
  const children = new Set<ChildProcess>();
  const ending = new Set<Promise<unknown>>();
  let warm: { child: ChildProcess; timer: NodeJS.Timeout } | undefined;
  let closed = false;

  function begin(): ChildProcess {
    const child = start(entry, environment);
    children.add(child);
    // Whoever runs a statement on it hears of its end too; one that ends while it waits is only forgotten.
    child.on("error", () => forget(child)).on("exit", () => forget(child));
    // One that never started has no end, and leaves nothing.
    if (child.pid === undefined) return child;
    const gone = removeAfterExit(child, child.pid, workspace).finally(() => ending.delete(gone));
    ending.add(gone);
    return child;
  }

  function forget(child: ChildProcess): void {
    children.delete(child);
    if (warm?.child !== child) return;
    clearTimeout(warm.timer);
    warm = undefined;
  }

  function kill(child: ChildProcess): void {
    forget(child);
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    child.kill("SIGKILL");
  }

  function putBack(child: ChildProcess): void {
    if (closed || warm !== undefined || !children.has(child)) return kill(child);
    const timer = setTimeout(() => kill(child), warmMs);
    timer.unref();
    release(child);
    warm = { child, timer };
  }

  function takeWarm(): ChildProcess | undefined {
    clearTimeout(warm?.timer);
    const child = warm?.child;
    warm = undefined;
    return child;
  }

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

function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function start(entry: Entry, environment: Record<string, string>): ChildProcess {
  // The channel is the child's fd 3. Its stdout joins stderr, because ours may belong to a protocol.
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", fileURLToPath(entryUrl(entry))], {
    env: { ...environment, TZ: "UTC" },
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "json",
  });
}

/** However it ends, by us or by the system: what it leaves is removed. */
async function removeAfterExit(child: ChildProcess, pid: number, workspace: string): Promise<void> {
  await new Promise((resolve) => child.once("exit", resolve));
  try {
    await removeTemporaryFiles(workspace, pid);
  } catch (thrown) {
    log.warn(`cannot remove the temporary files of process ${pid}`, thrown);
  }
}
