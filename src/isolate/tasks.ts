import { parentPort } from "node:worker_threads";
import { saveCompiledCode } from "../compiled-code.ts";

/**
 * The other end of a pool: answer every task that this thread or process is given. What `answer` throws ends the
 * runner, so it returns what it expects to go wrong.
 *
 * @param transferred the buffers of an answer that a thread hands over instead of a copy
 */
export function answerTasks<Answer>(
  answer: (task: unknown) => Answer | Promise<Answer>,
  transferred: (answer: Answer) => ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (port === null) {
    // The channel to the parent is what keeps this process alive: when the parent is gone, so is this process.
    process.on("message", (task: unknown) => reply(answer, task, (value) => process.send?.(value, saveCompiledCode)));
    process.send?.("ready");
  } else {
    port.on("message", (task: unknown) => reply(answer, task, (value) => port.postMessage(value, transferred(value))));
    port.postMessage("ready");
  }
}

function reply<Answer>(
  answer: (task: unknown) => Answer | Promise<Answer>,
  task: unknown,
  send: (value: Answer) => void,
): void {
  // A rejection stays unhandled on purpose: it ends the runner, and the pool hears of it.
  void Promise.resolve(answer(task)).then(send);
}
