import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { unshared } from "../process/unshared.ts";
import { beginSession, openPeer, openToolCall, type Peer } from "../process/peer.ts";
import { measureTree, type Usage } from "../process/tree.ts";
import type { BenchFiles } from "./files.ts";
import type { Answer, Job } from "./jobs.ts";

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
      const server = [join(root, "dist/mcp-server.js"), "--root", folder, ...unshared, "--workspace", workspace];
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
  if (!job.isCold) {
    await beginSession(peer);
    await call("query_data", { sql: "select 1" });
  }
  const { answer, usage } = await measureTree(peer.pid, async () => {
    if (job.isCold) await beginSession(peer);
    return await job.run(call, files);
  });
  return { answer, usage: { ...usage, wallS: usage.wallS - (job.thoughtS ?? 0) } };
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
