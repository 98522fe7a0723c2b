import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../../compiled-code.ts";
import { entryUrl, type Entry } from "../../entries.ts";
import { nodeFlags } from "../../node-flags.ts";
import { defaultMemoryMb } from "../limits.ts";

export interface ChildStart {
  /** All that the process sees of the environment. */
  environment: Record<string, string>;
  args?: readonly string[];
}

/** Start a process that runs statements. Loads next to nothing, so that it can be done before anything else is loaded. */
export function startChild(entry: Entry, { environment, args = [] }: ChildStart): ChildProcess {
  // The channel is the child's fd 3. Its stdout joins stderr, because ours may belong to a protocol.
  const program = [...nodeFlags(["--disable-warning=ExperimentalWarning"]), fileURLToPath(entryUrl(entry)), ...args];
  return spawn(process.execPath, program, {
    env: { ...environment, ...compiledCode(), TZ: "UTC" },
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "json",
  });
}

/** @param memoryLimitMb of the first statement, for which a session is opened at once */
export function startSqlChild(environment: Record<string, string>, memoryLimitMb = defaultMemoryMb()): ChildProcess {
  return startChild("sql-child", { environment, args: [String(memoryLimitMb)] });
}

/** A process for the first statement, started before there is a pool. It keeps nobody alive, and ends with us. */
export function startSqlChildEarly(environment: Record<string, string>): ChildProcess {
  const child = startSqlChild(environment);
  // Where it cannot be started, the pool finds it gone and starts another, whose error is told.
  child.on("error", () => undefined);
  release(child);
  return child;
}

/** Let this process end while that one still works. */
export function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
