import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { watchProcess } from "../process/alone.ts";
import { openPeer, type Peer } from "../process/peer.ts";
import type { Usage } from "../process/tree.ts";
import { savedProblem } from "./saved.ts";
import type { Behaviour, Report, Service } from "./service.ts";

/** What an engine is given to do. */
export interface Task {
  sessions: number;
  streamed: boolean;
}

export interface Measured {
  usage: Usage;
  outcome: Outcome;
  report: Report;
  /** What is wrong with what it saved. */
  saved: string | undefined;
}

export interface Cancelled {
  settledMs: number;
  /** Until the service saw the last connection close. */
  closedMs: number;
  /** That stayed open. */
  connections: number;
}

export interface Engine {
  name: string;
  /** In a process of its own that has loaded what it needs, but done nothing yet. */
  measure(service: Service, task: Task, behaviour?: Behaviour): Promise<Measured>;
  /** From the start of its process to the first request, in ms. */
  start(service: Service): Promise<number>;
  /** Cancel sessions in the middle of their first replies. */
  cancel(service: Service, task: Task): Promise<Cancelled>;
}

const outcomeSchema = z.object({
  finished: z.int(),
  failed: z.int(),
  failures: z.array(z.string()),
  settled_ms: z.number().nullable(),
});

export type Outcome = z.output<typeof outcomeSchema>;

/** A connection that nobody closes is seen by then. */
const closingMs = 1_000;

/** A program that says `ready`, then takes tasks as lines of JSON and answers each with a line. */
export function peerProgram(folder: string, name: string, command: readonly [string, ...string[]]): Engine {
  const [program, ...args] = command;
  const run = async <Result>(work: (peer: Peer, output: string) => Promise<Result>): Promise<Result> => {
    const output = await mkdtemp(join(folder, "sessions-"));
    const peer = openPeer(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
    const timer = setTimeout(() => peer.kill(), patienceMs);
    try {
      return await work(peer, output);
    } finally {
      clearTimeout(timer);
      await peer.end();
      await rm(output, { recursive: true, force: true });
    }
  };
  const send = (peer: Peer, { baseUrl }: Service, task: Task & { folder: string }) =>
    peer.send({ ...task, base_url: baseUrl });

  return {
    name,
    measure: (service, task, behaviour) =>
      run(async (peer, output) => {
        await peer.receiveLine();
        await service.reset(behaviour);
        const watch = watchProcess(peer.pid);
        send(peer, service, { ...task, folder: output });
        const outcome = outcomeSchema.parse(await peer.receive());
        const usage = watch.usage();
        const saved = name === "axoner" ? await savedProblem(output, task.sessions) : undefined;
        return { usage, outcome, report: await service.report(), saved };
      }),
    start: async (service) => {
      await service.reset();
      const startedMs = now();
      return run(async (peer, output) => {
        send(peer, service, { sessions: 1, streamed: true, folder: output });
        await peer.receiveLine();
        await peer.receive();
        return (await service.report()).first_request_ms - startedMs;
      });
    },
    cancel: (service, task) =>
      run(async (peer, output) => {
        await peer.receiveLine();
        await service.reset({ hang: true });
        send(peer, service, { ...task, folder: output });
        while ((await service.report()).in_flight < task.sessions) await pause(20);
        await pause(300);
        const abortedMs = now();
        peer.sendLine("abort");
        const { settled_ms: settledMs } = outcomeSchema.parse(await peer.receive());
        await pause(closingMs);
        const { connections, last_closed_ms: lastMs } = await service.report();
        return { settledMs: settledMs ?? NaN, closedMs: lastMs - abortedMs, connections };
      }),
  };
}

/** A peer that has not done its task by then is given up. */
const patienceMs = 60_000;

/** Since 1970, finer than `Date.now()`. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
