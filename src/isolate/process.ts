import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl, type Entry } from "../entries.ts";
import { nodeFlags } from "../node-flags.ts";
import type { StartRunner } from "./pool.ts";

/** Start child processes of an entry: dearer than threads, but whatever happens to one, this process lives on. */
export function startProcess(entry: Entry, memoryMb: number): StartRunner {
  return ({ message, end }) => {
    // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
    const child = fork(fileURLToPath(entryUrl(entry)), [], {
      env: compiledCode(),
      execArgv: nodeFlags([`--max-old-space-size=${memoryMb}`]),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
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
    child.on("message", message);
    return {
      // A child that is gone by now ends the task through its exit; the failed send says nothing more.
      post: (task) => void child.send(task, () => {}),
      hold(alive) {
        if (alive) child.ref();
        else child.unref();
        if (alive) child.channel?.ref();
        else child.channel?.unref();
      },
      async stop() {
        child.ref(); // whoever waits for the end must still be there to see it
        child.kill("SIGKILL");
        await ended;
      },
    };
  };
}
