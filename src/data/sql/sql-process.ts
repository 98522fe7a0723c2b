import { EventEmitter } from "node:events";

/**
 * A process that runs statements: a `ChildProcess`, as far as it is made use of, or one that somebody else has started. It
 * tells of `message`, `exit` and `error`.
 */
export interface SqlProcess extends EventEmitter {
  /** Undefined where it could not be started. */
  readonly pid?: number | undefined;
  /** Both null as long as it runs. */
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  /** What keeps this process alive besides. */
  readonly channel?: { ref(): void; unref(): void } | null | undefined;
  send(message: object, sent?: (failure: Error | null) => void): boolean;
  kill(signal: "SIGKILL"): boolean;
  ref(): void;
  unref(): void;
}

/**
 * The process of the first statement that was started along with this one, by the same process: what is a child's channel to
 * its parent, here is the channel to that process. It ends when we do, and that it has ended shows at the channel.
 */
export function adoptSqlProcess(pid: number): SqlProcess {
  return new AdoptedProcess(pid);
}

class AdoptedProcess extends EventEmitter implements SqlProcess {
  exitCode: number | null = null;
  readonly signalCode = null;
  readonly channel = process.channel ?? null;
  readonly pid: number;

  constructor(pid: number) {
    super();
    this.pid = pid;
    process.on("message", (message) => this.emit("message", message));
    process.once("disconnect", () => this.#end());
    // it may have ended before anybody listened
    if (!process.connected) this.#end();
  }

  #end(): void {
    this.exitCode = 0;
    this.emit("exit", 0);
  }

  send(message: object, sent: (failure: Error | null) => void = () => undefined): boolean {
    if (process.send !== undefined && process.connected) return process.send(message, undefined, undefined, sent);
    setImmediate(sent, new Error("the process has ended"));
    return false;
  }

  kill(signal: "SIGKILL"): boolean {
    if (this.exitCode !== null) return false;
    try {
      return process.kill(this.pid, signal);
    } catch {
      return false; // it has ended in this moment
    }
  }

  /** The channel alone keeps us alive. */
  ref(): void {}
  unref(): void {}
}
