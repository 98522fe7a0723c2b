import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A process that is spoken to in lines. */
export interface Peer {
  pid: number;
  send(message: object): void;
  sendLine(line: string): void;
  receiveLine(): Promise<string>;
  receive(): Promise<unknown>;
  end(): Promise<void>;
  kill(): void;
}

/** Exchange lines with a process. What it prints that is nobody's answer yet is kept. */
export function openPeer(child: ChildProcessByStdio<Writable, Readable, Readable>): Peer {
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = `${complaint}${text}`.slice(-2_000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${child.spawnfile}`);
  const receiveLine = async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(complaint.trim().split("\n").at(-1) || "it ended before it answered");
    return value;
  };
  return {
    pid,
    receiveLine,
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    sendLine: (line) => void child.stdin.write(`${line}\n`),
    receive: async () => JSON.parse(await receiveLine()) as unknown,
    kill: () => void child.kill("SIGKILL"),
    async end() {
      child.stdin.on("error", () => undefined).end("\n");
      await exit;
    },
  };
}

/** Call a tool by name. What it gives is known to whoever asks. */
export type ToolCall = <Result>(name: string, input: object) => Promise<Result>;

/** Shake hands with an MCP server. */
export async function beginSession(peer: Peer): Promise<void> {
  const clientInfo = { name: "bench", version: "0.0.0" };
  peer.send(request(0, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo }));
  await peer.receive();
}

/** Call tools of an MCP server, one after another, however long they take: who asks for progress is given no job. */
export function openToolCall(peer: Peer): ToolCall {
  let id = 0;
  return async <Result>(name: string, input: object) => {
    id += 1;
    peer.send(request(id, "tools/call", { name, arguments: input, _meta: { progressToken: id } }));
    let reply: Reply;
    do reply = (await peer.receive()) as Reply;
    while (reply.id !== id);
    const found = reply.result?.structuredContent;
    if (found?.status !== "done") throw new Error(`${name} failed: ${JSON.stringify(reply).slice(0, 2_000)}`);
    return found as Result;
  };
}

interface Reply {
  id?: number;
  result?: { structuredContent?: { status?: string } };
}

function request(id: number, method: string, params: object): object {
  return { jsonrpc: "2.0", id, method, params };
}
