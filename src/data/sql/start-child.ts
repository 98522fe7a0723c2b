import { spawn, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../../compiled-code.ts";
import { entryUrl, type Entry } from "../../entries.ts";
import { nodeFlags } from "../../node-flags.ts";
import { defaultMemoryMb } from "../limits.ts";
import type { SqlProcess } from "./sql-process.ts";

export interface ChildStart {
  /** All that the process sees of the environment. */
  environment: Record<string, string>;
  args?: readonly string[];
}

/** What a process is told that another is the end of its channel: Node's own way to tell children of their parents. */
export function channelAt(descriptor: number): Record<string, string> {
  return { NODE_CHANNEL_FD: String(descriptor), NODE_CHANNEL_SERIALIZATION_MODE: "json" };
}

const childFlags = ["--disable-warning=ExperimentalWarning"];
const childChannel = 3;

/** Start a process that runs statements. Loads next to nothing, so that it can be done before anything else is loaded. */
export function startChild(entry: Entry, { environment, args = [] }: ChildStart): ChildProcess {
  // The channel is the child's fd 3. Its stdout joins stderr, because ours may belong to a protocol.
  const program = [...nodeFlags(childFlags), fileURLToPath(entryUrl(entry)), ...args];
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

export interface HandedOver {
  pid: number;
  /** The other end of its channel: passed on to a process as a descriptor of it, and then destroyed here. */
  channel: Socket;
}

/**
 * Start the process of the first statement for another process, which is started next and has the channel to it. It ends
 * with that one.
 *
 * @param output where it prints to: a descriptor
 * @returns undefined where it cannot be started, and on Windows, where sockets cannot be passed on
 */
export function startSqlChildFor({
  environment,
  cwd,
  output,
}: {
  environment: Record<string, string>;
  cwd?: string | undefined;
  output: number;
}): HandedOver | undefined {
  if (process.platform === "win32") return undefined;
  const flags = nodeFlags(childFlags);
  const child = spawn(process.execPath, [...flags, fileURLToPath(entryUrl("sql-child")), String(defaultMemoryMb())], {
    env: { ...environment, ...compiledCode(), TZ: "UTC", ...channelAt(childChannel) },
    stdio: ["ignore", output, output, "pipe"],
    cwd,
    detached: true, // as what it is started for may be: who stops its first user does not stop it
  });
  child.on("error", () => undefined);
  child.unref();
  const channel = child.stdio[childChannel];
  if (child.pid !== undefined && channel instanceof Socket) return { pid: child.pid, channel };
  channel?.destroy();
  return undefined;
}

/** Let this process end while that one still works. */
export function release(child: SqlProcess): void {
  child.unref();
  child.channel?.unref();
}
