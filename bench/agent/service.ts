import { execFileSync, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { openPeer } from "../process/peer.ts";

/** The service that all engines ask, and what it saw of them. */
export interface Service {
  baseUrl: string;
  /** Forget what came in so far, and behave like this from now on. */
  reset(behaviour?: Behaviour): Promise<void>;
  report(): Promise<Report>;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Of a hundred model calls, how many are refused once, with 429 and 500 in turn. */
  fail_percent?: number;
  /** From the arrival of a session's first request to the end of its reply; 200 unless told, as of all others. */
  first_latency_ms?: number;
  /** Never come to the end of a reply. */
  hang?: boolean;
}

const reportSchema = z.object({
  requests: z.int(),
  finished: z.int(),
  malformed: z.int(),
  cross_talk: z.int(),
  samples: z.array(z.string()).nullable(),
  refused: z.int(),
  in_flight: z.int(),
  peak_in_flight: z.int(),
  connections: z.int(),
  first_request_ms: z.number(),
  last_closed_ms: z.number(),
  median_repeat_ms: z.number(),
  max_repeat_ms: z.number(),
});

export type Report = z.output<typeof reportSchema>;

const goCommands = ["go", "/usr/local/go/bin/go"];

export function buildService(folder: string): void {
  const go = goCommands.find((command) => spawnSync(command, ["version"]).status === 0);
  if (go === undefined) throw new Error("the service of this benchmark is written in Go: install it from go.dev");
  execFileSync(go, ["build", "-o", `${folder}/`, "./..."], { cwd: import.meta.dirname, stdio: "inherit" });
}

export async function openService(folder: string): Promise<Service> {
  const server = openPeer(spawn(join(folder, "server"), { stdio: ["pipe", "pipe", "pipe"] }));
  const { port } = z.object({ port: z.int() }).parse(await server.receive());
  const order = async (given: object) => {
    server.send(given);
    return reportSchema.parse(await server.receive());
  };
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    reset: async (behaviour = {}) => void (await order({ reset: behaviour })),
    report: () => order({ report: true }),
    close: () => server.end(),
  };
}
