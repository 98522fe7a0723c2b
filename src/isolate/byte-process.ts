import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiledCode } from "../compiled-code.ts";
import { entryUrl, type Entry } from "../entries.ts";
import { mallocSettings } from "../malloc-settings.ts";
import { nodeFlags } from "../node-flags.ts";
import { byteReply, type ByteTask } from "./byte-tasks.ts";
import { countPassing } from "./collect-garbage.ts";
import type { StartRunner } from "./pool.ts";

/** What a process of this kind answers a task with. */
export interface ByteAnswer {
  answer: unknown;
  /** What it wrote besides, in pieces that each have a buffer of their own. */
  pieces: Uint8Array<ArrayBuffer>[];
}

/**
 * Start child processes of an entry that `answerByteTasks`: large bodies and answers pass through pipes, so that neither
 * side has them twice. A task is `{ bytes, … }`; the bytes are freed once they are sent. A process that has grown is
 * ended after its answer, and another one takes the next task.
 *
 * @param flags of V8, and what else Node is started with
 */
export function startByteProcess(entry: Entry, flags: readonly string[]): StartRunner {
  return ({ message, end }) => {
    let isAlive = true;
    let isReady = false;
    const start = () =>
      startChild(entry, flags, {
        message,
        ready() {
          if (!isReady) message("ready");
          isReady = true;
        },
        retire: () => (current = undefined),
        end: (child, cause) => (child === current ? end(cause) : undefined),
      });
    let current: Child | undefined = start();
    return {
      post(task) {
        current ??= start();
        current.hold(isAlive);
        current.post(byteTask(task));
      },
      hold(alive) {
        isAlive = alive;
        current?.hold(alive);
      },
      stop: async () => current?.stop(),
    };
  };
}

interface Child {
  post(task: ByteTask): void;
  hold(alive: boolean): void;
  stop(): Promise<void>;
}

interface Events {
  message(answer: ByteAnswer): void;
  ready(): void;
  /** It takes no other task. */
  retire(): void;
  end(child: Child, cause: unknown): void;
}

function startChild(entry: Entry, flags: readonly string[], { message, ready, retire, end }: Events): Child {
  // Running out of memory makes V8 print pages of addresses: stderr is dropped, the exit tells.
  const process = fork(fileURLToPath(entryUrl(entry)), [], {
    env: { ...mallocSettings, ...compiledCode() },
    execArgv: nodeFlags(flags),
    serialization: "advanced",
    stdio: ["pipe", "pipe", "ignore", "ipc"],
  });
  const ended = new Promise<void>((resolve) => {
    process.once("exit", (code, signal) => {
      end(child, new Error(`${entry} ended with ${signal ?? `code ${code}`}`));
      resolve();
    });
    process.once("error", (cause) => {
      end(child, cause);
      if (process.pid === undefined) resolve();
    });
  });
  const receive = openReceiving((value, isSpent) => {
    if (isSpent) {
      retire();
      process.kill("SIGKILL");
    }
    message(value);
  });
  process.stdin?.on("error", () => {}); // a child that is gone by now ends the task through its exit
  process.stdout?.on("data", receive.piece);
  process.on("message", (value) => (value === "ready" ? ready() : receive.reply(value)));
  const child: Child = {
    post({ task, bytes }) {
      process.send({ task, byteLength: bytes.byteLength }, () => {});
      process.stdin?.write(bytes, () => {
        if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
      });
    },
    hold: (alive) => hold(process, alive),
    async stop() {
      process.ref(); // whoever waits for the end must still be there to see it
      process.kill("SIGKILL");
      await ended;
    },
  };
  return child;
}

function byteTask(task: string | object): ByteTask {
  if (typeof task === "object" && "bytes" in task && task.bytes instanceof Uint8Array) {
    return { task: { ...task, bytes: undefined }, bytes: task.bytes };
  }
  throw new TypeError("a task for a process that takes bytes has none");
}

/** What is written and the reply that says how much that is come in any order. */
function openReceiving(done: (answer: ByteAnswer, isSpent: boolean) => void) {
  let blocks = openBlocks();
  let received = 0;
  let reply: { answer: unknown; writtenBytes: number; isSpent: boolean } | undefined;
  const settle = () => {
    if (reply === undefined || received < reply.writtenBytes) return;
    const { answer, isSpent } = reply;
    const pieces = blocks.end();
    blocks = openBlocks();
    received = 0;
    reply = undefined;
    done({ answer, pieces }, isSpent);
  };
  return {
    piece(chunk: Buffer<ArrayBuffer>): void {
      blocks.add(chunk);
      countPassing(chunk.byteLength);
      received += chunk.byteLength;
      settle();
    },
    reply(value: unknown): void {
      reply = byteReply.parse(value);
      settle();
    },
  };
}

const blockBytes = 524_288;

/** Puts the chunks that a pipe gives into blocks of a size that the system takes back at once when they are freed. */
function openBlocks() {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let block: Uint8Array<ArrayBuffer> | undefined;
  let used = 0;
  const flush = () => {
    if (block !== undefined) pieces.push(new Uint8Array(block.buffer.transfer(used)));
    block = undefined;
    used = 0;
  };
  return {
    add(chunk: Uint8Array): void {
      for (let at = 0; at < chunk.byteLength;) {
        block ??= new Uint8Array(blockBytes);
        const part = chunk.subarray(at, at + blockBytes - used);
        block.set(part, used);
        used += part.byteLength;
        at += part.byteLength;
        if (used === blockBytes) flush();
      }
    },
    end() {
      flush();
      return pieces;
    },
  };
}

/** Pipes and the channel are parts of the process that keep us alive as it does. */
function hold(process: ChildProcess, alive: boolean): void {
  for (const part of [process, process.channel, process.stdin, process.stdout]) {
    if (alive && part !== null && part !== undefined && "ref" in part && typeof part.ref === "function") part.ref();
    if (!alive && part !== null && part !== undefined && "unref" in part && typeof part.unref === "function")
      part.unref();
  }
}
