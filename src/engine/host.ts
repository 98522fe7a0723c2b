import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "../node-flags.ts";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl } from "../entries.ts";
import { AxonerError } from "../errors.ts";
import { mallocSettings } from "../malloc-settings.ts";
import type { JsonValue } from "../message.ts";
import type { ToolResult } from "../tools/tool.ts";
import { engineChannel } from "./channel.ts";
import type { Engine } from "./engine.ts";
import { startBeside } from "./start-beside.ts";
import { connectEngine, type Connection } from "./wire.ts";

export interface HostedEngineOptions {
  /** The complete resolved configuration; the engine process reads nothing else. */
  settings: JsonValue;
  /** The environment of the process; keys travel in the settings, not here. */
  environment: Record<string, string>;
  /** What the process is told to start for a tool before it loads the rest of itself: arguments of `channel.ts`. */
  startedFor: (tool: string) => readonly string[];
}

/**
 * The engine has several threads with small heaps, which keep a machine busy without V8's own threads: collecting garbage
 * without those took a quarter less CPU time in a scrape, and half the young heap 170 MB less memory. See decision 19.
 * No other flag belongs here: most make V8 refuse the compiled code of Node's own modules, see `keep-young.ts`.
 */
export const heapFlags = ["--max-semi-space-size=8", "--single-threaded-gc"];

/** How long a closed engine process may take to stop its own children before it is killed. */
const closeGraceMs = 700;

/**
 * An engine in a process of its own, started on the first call and again after it died. The channel is a
 * descriptor of its own, so nothing a tool prints can break it, and the process ends with whoever started it.
 */
export function openHostedEngine(options: HostedEngineOptions): Engine {
  let process: EngineProcess | undefined;
  let closed = false;

  const connect = (args: readonly string[] = []): Connection => {
    if (process === undefined) {
      const started = startProcess(options, args);
      process = started;
      void started.connection.closed.then(() => {
        if (process === started) process = undefined;
      });
    }
    return process.connection;
  };

  return {
    async definitions() {
      if (closed) throw new AxonerError(cancelled.message);
      return connect().definitions();
    },
    async call(name, input, callOptions) {
      if (closed) return cancelled;
      const result = await connect(options.startedFor(name)).call(name, input, callOptions);
      return closed && !result.ok && result.code === "unavailable" ? cancelled : result;
    },
    async close() {
      closed = true;
      await process?.stop();
    },
  };
}

const cancelled = { ok: false, code: "cancelled", message: "the engine is closing" } satisfies ToolResult;

interface EngineProcess {
  connection: Connection;
  stop(): Promise<void>;
}

function startProcess({ settings, environment }: HostedEngineOptions, args: readonly string[]): EngineProcess {
  const entry = fileURLToPath(entryUrl("engine-host"));
  const beside = startBeside(args, { environment, output: 2, descriptor: engineChannel + 1 });
  const child = spawn(globalThis.process.execPath, [...nodeFlags(heapFlags), entry, ...beside.args], {
    stdio: ["ignore", 2, "inherit", "pipe", ...beside.stdio], // what tools print goes to stderr
    env: { ...environment, ...mallocSettings, ...compiledCode(), ...beside.environment },
    windowsHide: true,
  });
  beside.handedOver();
  const channel = child.stdio[engineChannel];
  if (!(channel instanceof Duplex)) throw new Error("the engine's channel was not opened");
  const connection = connectEngine(channel, settings);
  const kill = () => void child.kill("SIGKILL");
  globalThis.process.on("exit", kill); // an engine that is stuck would not notice that we are gone
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => {
      channel.destroy();
      resolve();
    });
  }).finally(() => globalThis.process.off("exit", kill));
  const killSoon = () => {
    const killing = setTimeout(kill, closeGraceMs);
    void exited.then(() => clearTimeout(killing));
  };
  void connection.closed.then(killSoon);
  return {
    connection,
    async stop() {
      killSoon();
      await connection.close();
      await exited;
    },
  };
}
