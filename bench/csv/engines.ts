import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { BenchFiles } from "./files.ts";
import type { Answer, Job, ToolCall } from "./jobs.ts";
import { measureTree, type Usage } from "./process-tree.ts";

/** One way of doing the jobs. */
export interface Engine {
  name: string;
  /** Do a job once, in processes of its own. Undefined where this engine has no way to do it. */
  measure(job: Job, files: BenchFiles): Promise<Measured | undefined>;
}

export interface Measured {
  usage: Usage;
  answer: Answer;
}

const root = join(import.meta.dirname, "../..");

/** axoner as its users run it: a server spoken to over stdio, with a workspace in which nothing has been kept yet. */
export function axoner(folder: string): Engine {
  return {
    name: "axoner",
    async measure(job, files) {
      const workspace = await mkdtemp(join(folder, "workspace-"));
      const server = [join(root, "dist/mcp-server.js"), "--root", folder, "--workspace", workspace];
      const started = spawn(process.execPath, server, { stdio: ["pipe", "pipe", "pipe"] });
      const peer = openPeer(started);
      try {
        return await runAxoner(peer, job, files);
      } finally {
        await peer.end();
        await rm(workspace, { recursive: true, force: true });
      }
    },
  };
}

async function runAxoner(peer: Peer, job: Job, files: BenchFiles): Promise<Measured> {
  const call = openToolCall(peer);
  const begin = async () => {
    peer.send(request(0, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo }));
    await peer.receive();
  };
  if (!job.isCold) {
    await begin();
    await call("query_data", { sql: "select 1" });
  }
  const { answer, usage } = await measureTree(peer.pid, async () => {
    if (job.isCold) await begin();
    return await job.run(call, files);
  });
  return { answer, usage: { ...usage, wallS: usage.wallS - (job.thoughtS ?? 0) } };
}

const clientInfo = { name: "bench", version: "0.0.0" };

function request(id: number, method: string, params: object): object {
  return { jsonrpc: "2.0", id, method, params };
}

function openToolCall(peer: Peer): ToolCall {
  let id = 0;
  return async <Result>(name: string, input: object) => {
    id += 1;
    peer.send(request(id, "tools/call", { name, arguments: input }));
    const reply = (await peer.receive()) as { result?: { structuredContent?: { status?: string } } };
    const found = reply.result?.structuredContent;
    if (found?.status !== "done") throw new Error(`${name} failed: ${JSON.stringify(reply).slice(0, 2_000)}`);
    return found as Result;
  };
}

/** A program that says `ready`, takes a task as a line of JSON and answers with one. */
export function peerProgram(name: string, command: readonly [string, ...string[]]): Engine {
  return {
    name,
    async measure(job, files) {
      const [program, ...args] = command;
      const peer = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
      const output = join(files.sales, `../${name}-output.parquet`);
      try {
        if (!job.isCold) await peer.receiveLine();
        const { answer, usage } = await measureTree(peer.pid, async () => {
          if (job.isCold) await peer.receiveLine();
          peer.send({ job: job.id, ...files, output });
          return ((await peer.receive()) as { answer?: Answer }).answer;
        });
        return answer === undefined ? undefined : { answer, usage };
      } finally {
        await peer.end();
        await rm(output, { force: true });
      }
    },
  };
}

interface Peer {
  pid: number;
  send(message: object): void;
  receiveLine(): Promise<string>;
  receive(): Promise<unknown>;
  end(): Promise<void>;
}

/** Exchange lines with a process. What it prints that is nobody's answer yet is kept. */
function openPeer(child: ChildProcessByStdio<Writable, Readable, Readable>): Peer {
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = `${complaint}${text}`.slice(-2_000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${child.spawnfile}`);
  const receiveLine = async () => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(complaint.trim().split("\n").at(-1) ?? "it ended before it answered");
    return value;
  };
  return {
    pid,
    receiveLine,
    send: (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    receive: async () => JSON.parse(await receiveLine()) as unknown,
    async end() {
      child.stdin.on("error", () => undefined).end("\n");
      await exit;
    },
  };
}
