import { spawn } from "node:child_process";
import { once } from "node:events";
import { readLines } from "../../src/lines.ts";

/** A message to a server, whose answer is waited for where it is a request. */
export interface Message {
  method: string;
  params?: object;
  /** Told to be wrong where it answers with anything but a result. */
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

/** Milliseconds from the start of a server, or from a request to a warm one, to the last byte of the last reply. */
export async function timeToReply(command: readonly string[], { warmUp, messages }: Exchange): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const replies = openReplies(child.stdout);
  let lastId = 0;
  const ask = async (asked: readonly Message[]) => {
    const lines = asked.map(({ isRequest, ...message }) => ({
      jsonrpc: "2.0",
      ...(isRequest ? { id: (lastId += 1) } : {}),
      ...message,
    }));
    child.stdin.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await replies.until(lastId);
  };
  let begun = started;
  if (warmUp === undefined) await ask([...handshake, ...messages]);
  else {
    await ask([...handshake, ...warmUp]);
    begun = performance.now();
    await ask(messages);
  }
  const elapsedMs = performance.now() - begun;
  child.stdin.end();
  await exit;
  return elapsedMs;
}

/** Collects replies by their id, and refuses those that are failures. */
function openReplies(stdout: NodeJS.ReadableStream) {
  const answered = new Set<number>();
  let failure: Error | undefined;
  let look = () => {};
  readLines(stdout as Parameters<typeof readLines>[0], 1024 ** 2, {
    onLine(line) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { isError?: boolean } };
      if (id === undefined) return;
      if (result === undefined || result.isError === true) failure = new Error(`a request failed: ${line}`);
      answered.add(id);
      look();
    },
    onTooLong: () => (failure = new Error("a reply is too long")),
    onEnd() {
      failure ??= new Error("the server ended without a reply");
      look();
    },
  });
  return {
    until: (id: number) =>
      new Promise<void>((resolve, reject) => {
        look = () => {
          if (answered.has(id)) return failure === undefined ? resolve() : reject(failure);
          if (failure !== undefined) reject(failure);
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
