import type { ChildProcess } from "node:child_process";
import { takeChild, type LineProcess } from "./line-child.ts";
import type { StartRunner } from "./pool.ts";

/**
 * Start child processes that are told and answer in lines of JSON. Node's own channel has to load what a process sends and
 * receives with on both sides, a tenth of its start, and costs more for each message.
 */
export function startLineProcess(kind: LineProcess): StartRunner {
  return ({ message, end }) => {
    const child = takeChild(kind);
    const { stdin, stdout } = child;
    const ended = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        end(new Error(`${kind.entry} ended with ${signal ?? `code ${code}`}`));
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
