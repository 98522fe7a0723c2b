import { parentPort } from "node:worker_threads";

/**
 * The other end of a pool: answer every task that this thread or process is given. What `answer` throws ends the
 * runner, so it returns what it expects to go wrong.
 */
export function answerTasks(answer: (task: unknown) => unknown): void {
  const port = parentPort;
  if (port === null) {
    // The channel to the parent is what keeps this process alive: when the parent is gone, so is this process.
    process.on("message", (task: unknown) => reply(answer, task, (value) => process.send?.(value)));
    process.send?.("ready");
  } else {
    port.on("message", (task: unknown) => reply(answer, task, (value) => port.postMessage(value)));
    port.postMessage("ready");
  }
}

function reply(answer: (task: unknown) => unknown, task: unknown, send: (value: unknown) => void): void {
  // A rejection stays unhandled on purpose: it ends the runner, and the pool hears of it.
  void Promise.resolve(answer(task)).then(send);
}
