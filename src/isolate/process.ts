import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl, type Entry } from "../entries.ts";
import { nodeFlags } from "../node-flags.ts";
import type { StartRunner } from "./pool.ts";

/**
 * Start child processes of an entry: dearer than threads, but whatever happens to one, this process lives on.
 *
 * @param youngMb each half of where fresh objects lie: the less, the less memory one holds that has little to do.
 *   Default: as V8 has it, up to 16
 */
export function startProcess(entry: Entry, memoryMb: number, youngMb?: number): StartRunner {
  // One thread beside its own: it does one thing at a time, and each holds some MB.
  const flags = [`--max-old-space-size=${memoryMb}`, "--v8-pool-size=1"];
  if (youngMb !== undefined) flags.push(`--max-semi-space-size=${youngMb}`);
  return ({ message, end }) => {
    // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
    const child = fork(fileURLToPath(entryUrl(entry)), [], {
      env: compiledCode(),
      execArgv: nodeFlags(flags),
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
