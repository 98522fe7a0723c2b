import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl, type Entry } from "../entries.ts";
import { nodeFlags } from "../node-flags.ts";
import type { StartRunner } from "./pool.ts";

/**
 * Start child processes of an entry that are told and answer in lines of JSON. Node's own channel has to load what a
 * process sends and receives with on both sides, a fifth of its start, and costs more for each message.
 *
 * @param youngMb each half of where fresh objects lie: the less, the less memory one holds that has little to do
 */
export function startLineProcess(entry: Entry, memoryMb: number, youngMb: number): StartRunner {
  // One thread beside its own: it does one thing at a time, and each holds some MB.
  const flags = [`--max-old-space-size=${memoryMb}`, "--v8-pool-size=1", `--max-semi-space-size=${youngMb}`];
  return ({ message, end }) => {
    // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
    const child = spawn(process.execPath, [...nodeFlags(flags), fileURLToPath(entryUrl(entry))], {
      env: compiledCode(),
      stdio: ["pipe", "pipe", "ignore"],
    });
    const { stdin, stdout } = child;
    const ended = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        end(new Error(`${entry} ended with ${signal ?? `code ${code}`}`));
        resolve();
      });
      child.once("error", (cause) => {
        end(cause);
        if (child.pid === undefined) resolve();
      });
    });
    stdin.on("error", () => {}); // a child that is gone by now ends the task through its exit
    let begun = "";
    stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (begun + text).split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) {
        const value = parsed(line);
        if (value === undefined) child.kill("SIGKILL");
        else message(value);
      }
    });
    return {
      post: (task) => void stdin.write(`${JSON.stringify(task)}\n`),
      hold: (alive) => hold(child, alive),
      async stop() {
        child.ref(); // whoever waits for the end must still be there to see it
        child.kill("SIGKILL");
        await ended;
      },
    };
  };
}

/** Undefined for what is none of its answers, such as the last words of one that has run out of memory. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Its pipes keep us alive as it does. */
function hold(child: ChildProcess, alive: boolean): void {
  for (const part of [child, child.stdin, child.stdout]) {
    if (part !== null && "ref" in part && typeof part.ref === "function" && alive) part.ref();
    if (part !== null && "unref" in part && typeof part.unref === "function" && !alive) part.unref();
  }
}
