import { ToolError } from "../../errors.ts";
import { openPool } from "../../isolate/pool.ts";
import { startProcess } from "../../isolate/process.ts";
import type { Drawing, DrawTask } from "./drawing.ts";

/** Draws pictures where neither their data nor the libraries can stall or starve the caller. */
export interface ChartRenderer {
  /** @throws ToolError `timeout`, `too_large`; the signal's reason within a second of its abort */
  draw(task: DrawTask, signal: AbortSignal): Promise<Drawing>;
  close(): Promise<void>;
}

export interface ChartLimits {
  /** Default 30 s a picture. */
  timeMs?: number;
  /** Default 512 MB. */
  memoryMb?: number;
}

/** Loading what draws takes longer than drawing: the process is kept for the next picture, but not for ever. */
const idleLimitMs = 180_000;

/** Starts its child process with the first picture; one that takes too long, or is not wanted any more, is killed. */
export function openChartRenderer({ timeMs = 30_000, memoryMb = 512 }: ChartLimits = {}): ChartRenderer {
  const pool = openPool(startProcess("chart-worker", memoryMb), 1, { idleMs: idleLimitMs });
  return {
    async draw(task, signal) {
      const outcome = await pool.run(task, { timeoutMs: timeMs, signal, onAbort: "stop" });
      switch (outcome.kind) {
        case "answer":
          return outcome.value as Drawing;
        case "timeout":
          throw new ToolError(
            "timeout",
            `the picture took longer than ${timeMs / 1_000} s to draw; show fewer groups or facets`,
          );
        case "crashed":
          throw new ToolError(
            "too_large",
            "the picture could not be drawn; show fewer groups or facets, or shorter texts",
            {
              cause: outcome.cause,
            },
          );
        case "closed":
          throw new ToolError("cancelled", "the chart renderer was closed");
      }
    },
    close: () => pool.close(),
  };
}
