import { ToolError } from "../../errors.ts";
import { openPool } from "../../isolate/pool.ts";
import { startProcess } from "../../isolate/process.ts";
import type { Drawing, DrawTask } from "./drawing.ts";

/** Draws pictures where neither their data nor the libraries can stall or starve the caller. */
export interface ChartRenderer {
  /** @throws ToolError `timeout`, `too_large`; the signal's reason within a second of its abort */
  draw(task: DrawTask, signal: AbortSignal): Promise<Drawing>;
  /** Start what draws, where it does not run, while the rows of a picture are still being asked for. */
  prepare(signal: AbortSignal): void;
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

/** A picture takes as long as with 16, and the process holds 10 MB less. */
const youngMb = 2;

/** A picture of one point that nobody sees: the first one that is drawn takes longest. */
const trial: DrawTask = {
  spec: {
    data: { values: [{ x: "a", y: 1 }] },
    mark: "bar",
    encoding: { x: { field: "x" }, y: { field: "y", type: "quantitative" } },
  },
  svg: false,
  png: true,
};

/** Starts its child process with the first picture; one that takes too long, or is not wanted any more, is killed. */
export function openChartRenderer({ timeMs = 30_000, memoryMb = 512 }: ChartLimits = {}): ChartRenderer {
  const pool = openPool(startProcess("chart-worker", memoryMb, youngMb), 1, { idleMs: idleLimitMs });
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    prepare(signal) {
      if (performance.now() - drawnAt < idleLimitMs) return;
      // Where this fails the picture itself does, and says so.
      void pool.run(trial, { timeoutMs: timeMs, signal, onAbort: "stop" }).catch(() => undefined);
    },
    async draw(task, signal) {
      drawnAt = performance.now();
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
