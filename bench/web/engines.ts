import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { unshared } from "../process/unshared.ts";
import { beginSession, openPeer, openToolCall } from "../process/peer.ts";
import { measureTree, type Usage } from "../process/tree.ts";
import type { AxonerRow, Job, PageRow } from "./jobs.ts";

/** What an engine is given to do. */
export interface Task {
  job: Job;
  urls: readonly string[];
  /** What it reads before, to be warm; undefined for a measurement from the start of its process. */
  warmUp: readonly string[] | undefined;
  timeoutS: number;
}

export interface Measured {
  usage: Usage;
  rows: PageRow[];
}

export interface Engine {
  name: string;
  measure(task: Task): Promise<Measured>;
}

const root = join(import.meta.dirname, "../..");
/** What `scrape` does unless told otherwise. */
const concurrency = 64;

/** A peer that has not done its task by then is given up. */
const patienceMs = 240_000;

/** axoner as its users run it, with what it does unless told otherwise: 64 pages at once, 4 of a host, robots.txt obeyed. */
export function axoner(folder: string): Engine {
  return {
    name: "axoner",
    async measure({ job, urls, warmUp, timeoutS }) {
      const workspace = await mkdtemp(join(folder, "workspace-"));
      const server = [
        join(root, "dist/mcp-server.js"),
        ...unshared,
        "--workspace",
        workspace,
        "--allow-private",
        "127.0.0.0/8",
      ];
      const peer = openPeer(spawn(process.execPath, server, { stdio: ["pipe", "pipe", "pipe"] }));
      const call = openToolCall(peer);
      const scrape = (some: readonly string[]) =>
        call<{ dataset_path: string }>("scrape", { urls: some, timeout_s: timeoutS, ...job.input });
      try {
        if (warmUp !== undefined) {
          await beginSession(peer);
          await scrape(warmUp);
        }
        const { answer, usage } = await measureTree(peer.pid, async () => {
          if (warmUp === undefined) await beginSession(peer);
          return scrape(urls);
        });
        const rows = (await readLines<AxonerRow>(answer.dataset_path)).map((row) => {
          const { url, status, title, error } = row;
          return { url, status, title, content: row.error === null ? job.content(row) : null, error };
        });
        return { usage, rows };
      } finally {
        await peer.end();
        await rm(workspace, { recursive: true, force: true });
      }
    },
  };
}

/** A program that says `ready`, takes tasks as lines of JSON, and writes a file of rows. */
export function peerProgram(folder: string, name: string, command: readonly [string, ...string[]]): Engine {
  return {
    name,
    async measure({ job, urls, warmUp, timeoutS }) {
      const [program, ...args] = command;
      const peer = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
      const output = join(folder, `${name.replaceAll(/\W/g, "-")}-output.jsonl`);
      const scrape = async (some: readonly string[]) => {
        peer.send({ job: job.id, urls: some, concurrency, timeout_s: timeoutS, output });
        await peer.receive();
      };
      let timer: NodeJS.Timeout | undefined;
      try {
        if (warmUp !== undefined) await peer.receiveLine();
        timer = setTimeout(() => peer.kill(), patienceMs);
        // a reactor of Twisted runs once in a process
        if (warmUp !== undefined && name !== "scrapy") await scrape(warmUp);
        const { usage } = await measureTree(peer.pid, async () => {
          if (warmUp === undefined) await peer.receiveLine();
          await scrape(urls);
        });
        return { usage, rows: await readLines<PageRow>(output) };
      } finally {
        clearTimeout(timer);
        await peer.end();
        await rm(output, { force: true });
      }
    },
  };
}

async function readLines<Row>(path: string): Promise<Row[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Row);
}
