import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { entryUrl, type Entry } from "../entries.ts";
import type { StartRunner } from "./pool.ts";

/**
 * Start worker threads of an entry. A thread that uses too much memory ends alone only while its allocations are
 * small; one that may ask for gigabytes at once takes the process with it and belongs in a process of its own.
 *
 * @param youngMb of that, where fresh objects lie: the more there is, the later garbage is looked for. Default: as V8 has it
 */
export function startThread(entry: Entry, memoryMb: number, youngMb?: number): StartRunner {
  return ({ message, end }) => {
    // A flag of the process would hold for the thread too, instead of its own limit. What runs already keeps its own.
    setFlagsFromString("--max-semi-space-size=0");
    // The thread's stdout would mix with the protocol on ours; our environment is none of its business.
    const worker = new Worker(entryUrl(entry), {
      env: {},
      execArgv: [],
      stdout: true,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMb,
        ...(youngMb === undefined ? {} : { maxYoungGenerationSizeMb: youngMb }),
      },
    });
    worker.on("message", message);
    worker.on("error", end);
    worker.on("exit", (code) => end(new Error(`${entry} ended with code ${code}`)));
    return {
      post: (task, transfer) => worker.postMessage(task, transfer),
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      async stop() {
        worker.ref(); // whoever waits for the end must still be there to see it
        await worker.terminate();
      },
    };
  };
}
