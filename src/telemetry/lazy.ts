import type { TraceRun } from "../agent/run-trace.ts";
import { isTelemetryOn, type TelemetryConfig } from "../config/telemetry.ts";
import { log } from "../log.ts";
import type { CallMeta } from "../mcp/client.ts";
import type { ToolCallTrace } from "../mcp/tool-calls.ts";
import { once } from "../once.ts";

/** OpenTelemetry for a process of ours. Nothing of it is loaded where no exporter is configured, or nothing is traced. */
export interface LazyTelemetry {
  /** For an agent's runs; undefined where nobody is told. */
  traceRuns(): Promise<TraceRun | undefined>;
  /** For calls over MCP; undefined where nobody is told. */
  traceCall: ToolCallTrace | undefined;
  /** For calls of other servers' tools, which are part of the same trace; undefined where there is none. */
  callMeta: CallMeta | undefined;
  /** As `Telemetry.close`. */
  close(): Promise<void>;
}

/** @param flushAfter tools after which what there is is sent at once, since the process may live on for hours */
export function lazyTelemetry(config: TelemetryConfig, flushAfter: readonly string[] = []): LazyTelemetry {
  const opened = once(async () => (await import("./sdk.ts")).openTelemetry(config));
  const calls = once(async () => (await import("./calls.ts")).traceToolCalls(config.content));
  const isOn = isTelemetryOn(config);
  return {
    async traceRuns() {
      for (const problem of config.problems) log.warn(problem);
      if (!isOn) return undefined;
      const [{ traceRuns }] = await Promise.all([import("./run-trace.ts"), opened.get()]);
      return traceRuns({ withContent: config.content });
    },
    traceCall: isOn
      ? async (request, name, call) => {
          const [telemetry, trace] = await Promise.all([opened.get(), calls.get()]);
          try {
            return await trace(request, name, call);
          } finally {
            if (flushAfter.includes(name)) telemetry.flush();
          }
        }
      : undefined,
    callMeta: isOn ? async () => (await import("./calls.ts")).activeTrace() : undefined,
    close: async () => (await opened.opened())?.close(),
  };
}
