import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { readLines } from "../../src/lines.ts";

/** A message to a server. */
export interface Message {
  method: string;
  params?: object;
  /** It gets an id, and is waited for: an answer that is anything but a result is a failure. */
  isRequest: boolean;
}

const handshake: readonly Message[] = [
  {
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "0.0.0" } },
    isRequest: true,
  },
  { method: "notifications/initialized", isRequest: false },
];

/** A call of a tool. */
export function toolCall(name: string, input: object): Message {
  return { method: "tools/call", params: { name, arguments: input }, isRequest: true };
}

export interface Exchange {
  /** What is answered before the clock starts. Undefined: it starts with the process. */
  warmUp?: readonly Message[];
  /** What the handshake is followed by, all sent at once. */
  messages: readonly Message[];
}

/** No server that works takes so long, whatever it is asked here. */
const deadlineMs = 120_000;

/**
 * Milliseconds from the start of a server, or from a request to a warm one, to the last byte of the last reply. The
 * server has ended when this does.
 */
export async function timeToReply(command: readonly string[], exchange: Exchange): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  child.stdin.on("error", () => undefined); // the replies tell of a server that ends too early
  const deadline = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  try {
    const begun = await converse(child, exchange);
    const elapsedMs = performance.now() - (begun ?? started);
    child.stdin.end();
    await exit;
    return elapsedMs;
  } finally {
    child.kill("SIGKILL");
    await exit;
    clearTimeout(deadline);
  }
}

/** Have everything answered. Gives when the messages after the warm-up were sent, where there is one. */
async function converse(
  { stdin, stdout }: ChildProcessByStdio<Writable, Readable, null>,
  { warmUp, messages }: Exchange,
): Promise<number | undefined> {
  const replies = openReplies(stdout);
  let lastId = 0;
  const ask = async (asked: readonly Message[]) => {
    const lines = asked.map(({ isRequest, ...message }) => ({
      jsonrpc: "2.0",
      ...(isRequest ? { id: (lastId += 1) } : {}),
      ...message,
    }));
    stdin.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await replies.until(lastId);
  };
  if (warmUp === undefined) {
    await ask([...handshake, ...messages]);
    return undefined;
  }
  await ask([...handshake, ...warmUp]);
  const begun = performance.now();
  await ask(messages);
  return begun;
}

/** Collects replies by their id, and refuses those that are failures. */
function openReplies(stdout: Readable) {
  const answered = new Set<number>();
  let failure: Error | undefined;
  let look = () => {};
  const fail = (message: string) => {
    failure ??= new Error(message);
    look();
  };
  readLines(stdout, 1024 ** 2, {
    onLine(line) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { isError?: boolean } };
      if (id === undefined) return;
      if (result === undefined || result.isError === true) return fail(`a request failed: ${line}`);
      answered.add(id);
      look();
    },
    onTooLong: ({ head }) => fail(`a reply is too long: ${head}`),
    onEnd: () => fail("the server ended, or was ended, without a reply"),
  });
  return {
    until: (id: number) =>
      new Promise<void>((resolve, reject) => {
        look = () => {
          if (failure !== undefined) reject(failure);
          else if (answered.has(id)) resolve();
        };
        look();
      }),
  };
}

/** Milliseconds from the start of a program to its end. */
export async function timeToEnd(program: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  const [code] = (await once(spawn(program, args, { stdio: "ignore" }), "exit")) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return performance.now() - started;
}
