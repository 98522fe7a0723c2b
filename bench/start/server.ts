import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { readLines } from "../../src/text/lines.ts";

/** A message to a server. */
export interface Message {
  method: string;
  params?: object;
  /** It gets an id, and is waited for: an answer that is anything but a result is a failure. */
  isRequest: boolean;
  /** Whether the answer is what it has to be. Default: any result is. */
  isRight?: (result: unknown) => boolean;
}

export const handshake: readonly Message[] = [
  {
    method: "initialize",
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "bench", version: "0.0.0" } },
    isRequest: true,
  },
  { method: "notifications/initialized", isRequest: false },
];

export const listing: Message = {
  method: "tools/list",
  isRequest: true,
  isRight: (result) => /"tools":\[\{/.test(JSON.stringify(result)),
};

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
export async function timeToReply(command: readonly string[], { warmUp, messages }: Exchange): Promise<number> {
  return withServer(command, async (ask, started) => {
    if (warmUp === undefined) {
      await ask([...handshake, ...messages]);
      return performance.now() - started;
    }
    await ask([...handshake, ...warmUp]);
    const begun = performance.now();
    await ask(messages);
    return performance.now() - begun;
  });
}

/** As a client does that waits for each answer: milliseconds from the start of a server to the answer of each message. */
export async function timesToReplies(command: readonly string[], messages: readonly Message[]): Promise<number[]> {
  return withServer(command, async (ask, started) => {
    const times: number[] = [];
    for (const message of messages) {
      await ask([message]);
      if (message.isRequest) times.push(performance.now() - started);
    }
    return times;
  });
}

type Ask = (messages: readonly Message[]) => Promise<void>;

async function withServer<Result>(
  [program = "", ...args]: readonly string[],
  work: (ask: Ask, started: number) => Promise<Result>,
): Promise<Result> {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  const exit = once(child, "exit");
  child.stdin.on("error", () => undefined); // the replies tell of a server that ends too early
  const deadline = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  try {
    const result = await work(openAsk(child), started);
    child.stdin.end();
    await exit;
    return result;
  } finally {
    child.kill("SIGKILL");
    await exit;
    clearTimeout(deadline);
  }
}

function openAsk({ stdin, stdout }: ChildProcessByStdio<Writable, Readable, null>): Ask {
  const replies = openReplies(stdout);
  let lastId = 0;
  return async (asked) => {
    const lines = asked.map(({ isRequest, isRight, ...message }) => {
      if (isRequest) replies.expect((lastId += 1), isRight);
      return JSON.stringify({ jsonrpc: "2.0", ...(isRequest ? { id: lastId } : {}), ...message });
    });
    stdin.write(lines.map((line) => `${line}\n`).join(""));
    await replies.until();
  };
}

/** Collects replies by their id, and refuses those that are failures. */
function openReplies(stdout: Readable) {
  const expected = new Map<number, Message["isRight"]>();
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
      const isRight = expected.get(id) ?? (() => true);
      if (result === undefined || result.isError === true || !isRight(result)) return fail(`a wrong answer: ${line}`);
      answered.add(id);
      look();
    },
    onTooLong: ({ head }) => fail(`a reply is too long: ${head}`),
    onEnd: () => fail("the server ended, or was ended, without a reply"),
  });
  const all = () => [...expected.keys()].every((id) => answered.has(id));
  return {
    expect: (id: number, isRight: Message["isRight"]) => void expected.set(id, isRight),
    until: () =>
      new Promise<void>((resolve, reject) => {
        look = () => {
          if (failure !== undefined) reject(failure);
          else if (all()) resolve();
        };
        look();
      }),
  };
}

/** Milliseconds from the start of a program to the end of the first line that it prints, which has to hold something. */
export async function timeToLine([program = "", ...args]: readonly string[], holds: string): Promise<number> {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  const exit = once(child, "exit");
  const line = await new Promise<string>((resolve) =>
    readLines(child.stdout, 65_536, { onLine: resolve, onTooLong: () => resolve(""), onEnd: () => resolve("") }),
  );
  const elapsedMs = performance.now() - started;
  child.stdin.end("\n");
  await exit;
  if (!line.includes(holds)) throw new Error(`${program} printed ${line}`);
  return elapsedMs;
}

/** Milliseconds from the start of a program to its end. */
export async function timeToEnd(program: string, args: readonly string[]): Promise<number> {
  const started = performance.now();
  const [code] = (await once(spawn(program, args, { stdio: "ignore" }), "exit")) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return performance.now() - started;
}
