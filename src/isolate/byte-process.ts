import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { entryUrl, type Entry } from "../entries.ts";
import { byteReply, type ByteTask } from "./byte-tasks.ts";
import type { StartRunner } from "./pool.ts";

/** What a process of this kind answers a task with. */
export interface ByteAnswer {
  answer: unknown;
  /** What it wrote besides, in pieces that each have a buffer of their own. */
  pieces: Uint8Array<ArrayBuffer>[];
}

/**
 * Start child processes of an entry that `answerByteTasks`: large bodies and answers pass through pipes, so that neither
 * side has them twice. A task is `{ bytes, … }`; the bytes are freed once they are sent.
 *
 * @param flags of V8, and what else Node is started with
 */
export function startByteProcess(entry: Entry, flags: readonly string[]): StartRunner {
  return ({ message, end }) => {
    // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
    const child = fork(fileURLToPath(entryUrl(entry)), [], {
      env: {},
      execArgv: [...flags],
      serialization: "advanced",
      stdio: ["pipe", "pipe", "ignore", "ipc"],
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
    const receive = openReceiving(message);
    child.on("message", receive.reply);
    child.stdout?.on("data", receive.piece);
    return {
      post: (task) => post(child, byteTask(task)),
      hold: (alive) => hold(child, alive),
      async stop() {
        child.ref(); // whoever waits for the end must still be there to see it
        child.kill("SIGKILL");
        await ended;
      },
    };
  };
}

function byteTask(task: string | object): ByteTask {
  if (typeof task === "object" && "bytes" in task && task.bytes instanceof Uint8Array) {
    return { task: { ...task, bytes: undefined }, bytes: task.bytes };
  }
  throw new TypeError("a task for a process that takes bytes has none");
}

/** A child that is gone by now ends the task through its exit; what cannot be sent says nothing more. */
function post(child: ChildProcess, { task, bytes }: ByteTask): void {
  child.stdin?.removeAllListeners("error").on("error", () => {});
  child.send({ task, byteLength: bytes.byteLength }, () => {});
  child.stdin?.write(bytes, () => {
    if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
  });
}

/** What is written and the reply that says how much that is come in any order. */
function openReceiving(message: (value: unknown) => void) {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  let reply: { answer: unknown; writtenBytes: number } | undefined;
  const settle = () => {
    if (reply === undefined || received < reply.writtenBytes) return;
    const { answer } = reply;
    const whole = pieces;
    pieces = [];
    received = 0;
    reply = undefined;
    message({ answer, pieces: whole } satisfies ByteAnswer);
  };
  return {
    piece(chunk: Buffer<ArrayBuffer>): void {
      pieces.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      received += chunk.byteLength;
      settle();
    },
    reply(value: unknown): void {
      if (value === "ready") return message(value);
      reply = byteReply.parse(value);
      settle();
    },
  };
}

function hold(child: ChildProcess, alive: boolean): void {
  const parts = [child, child.channel, child.stdin, child.stdout];
  for (const part of parts) {
    if (part === undefined || part === null) continue;
    if (alive) ref(part);
    else unref(part);
  }
}

function ref(part: object): void {
  if ("ref" in part && typeof part.ref === "function") part.ref();
}

function unref(part: object): void {
  if ("unref" in part && typeof part.unref === "function") part.unref();
}
