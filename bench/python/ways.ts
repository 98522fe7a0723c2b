import { spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { openPeer } from "../process/peer.ts";

/** A way from Python to the same answers. */
export interface Way {
  name: string;
  python: string;
}

export type Task =
  | { job: "rows" | "group"; file: string; inputs: readonly number[] }
  | { job: "pages"; urls: readonly string[] };

export type Measured = z.infer<typeof measured>;

/** A program that is ready for tasks, and does them by one way. */
export interface WayProcess {
  run(task: Task): Promise<Measured>;
  end(): Promise<void>;
}

const measured = z.object({
  /** One an input, as `direct_ms` where the way is a framework over a bridge. */
  ms: z.array(z.number()),
  direct_ms: z.array(z.number()).default([]),
  answers: z.array(z.unknown()),
  /** From the program's first line, before it has imported anything, to the end of its first input. */
  since_start_ms: z.number(),
});

const root = join(import.meta.dirname, "../..");
/** Frameworks call home, and trace, unless they are told otherwise. */
const quiet = {
  CREWAI_DISABLE_TELEMETRY: "true",
  CREWAI_DISABLE_TRACKING: "true",
  CREWAI_TRACING_ENABLED: "false",
  LANGSMITH_TRACING: "false",
  OPENAI_API_KEY: "sk-local",
  OTEL_SDK_DISABLED: "true",
};

/** `options` are the server's: pairs of a name and a value. */
export function openWay(
  { name, python }: Way,
  { folder, options }: { folder: string; options: readonly string[] },
): WayProcess {
  const program = join(root, "bench/python/peers.py");
  const env = {
    ...process.env,
    ...quiet,
    PYTHONPATH: join(root, "python-client/src"),
  };
  const peer = openPeer(
    spawn(python, [program, name, folder, ...options], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] }),
  );
  return {
    async run(task) {
      peer.send(task);
      return measured.parse(await peer.receive());
    },
    end: () => peer.end(),
  };
}
