import { readSync, writeSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { saveCompiledCode } from "../compiled-code.ts";

/**
 * The other end of a pool: answer every task that this thread or process is given. What `answer` throws ends the
 * runner, so it returns what it expects to go wrong.
 *
 * @param transferred the buffers of an answer that a thread hands over instead of a copy
 * @param afterwards what there is time for while an answer is on its way
 */
export function answerTasks<Answer>(
  answer: (task: unknown) => Answer | Promise<Answer>,
  transferred: (answer: Answer) => ArrayBuffer[] = () => [],
  afterwards: () => void = () => {},
): void {
  const port = parentPort;
  if (port !== null) {
    port.on("message", (task: unknown) =>
      reply(answer, task, (value) => {
        port.postMessage(value, transferred(value));
        setImmediate(afterwards);
      }),
    );
    port.postMessage("ready");
  } else if (process.send !== undefined) {
    // The channel to the parent is what keeps this process alive: when the parent is gone, so is this process.
    process.on("message", (task: unknown) =>
      reply(answer, task, (value) => {
        process.send?.(value, saveCompiledCode);
        setImmediate(afterwards);
      }),
    );
    process.send("ready");
  } else void answerLines(answer, afterwards);
}

const inputBytes = 65_536;

/** The other end of `startLineProcess`. It waits for nothing but the next line, and ends with its parent. */
async function answerLines<Answer>(
  answer: (task: unknown) => Answer | Promise<Answer>,
  afterwards: () => void,
): Promise<void> {
  const input = Buffer.allocUnsafe(inputBytes);
  const decoder = new TextDecoder();
  let isSaved = false;
  writeLine("ready");
  for (let begun = "", size = readSync(0, input); size > 0; size = readSync(0, input)) {
    const lines = (begun + decoder.decode(input.subarray(0, size), { stream: true })).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) {
      writeLine(await answer(JSON.parse(line)));
      if (!isSaved) saveCompiledCode();
      isSaved = true;
      afterwards();
    }
  }
}

function writeLine(value: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  for (let at = 0; at < bytes.byteLength;) at += writeSync(1, bytes, at);
}

function reply<Answer>(
  answer: (task: unknown) => Answer | Promise<Answer>,
  task: unknown,
  send: (value: Answer) => void,
): void {
  // A rejection stays unhandled on purpose: it ends the runner, and the pool hears of it.
  void Promise.resolve(answer(task)).then(send);
}
